-- What must hold at every moment. Each statement returns no row when all is well.
-- A comment with a name, a colon and a sentence stands over each one; invariants.ts goes by it.

-- I1: one live run per connection
select tenant_id, connection_id from sync_runs where status = 'running' group by 1, 2 having count(*) > 1;

-- I2: nothing stays running without a heartbeat
select id, heartbeat_at from sync_runs where status = 'running' and heartbeat_at < clock_timestamp() - interval '120 s';

-- I2 streams: no stream is still being read in a run that is over
select s.run_id, s.stream, r.status from sync_run_streams s join sync_runs r on r.tenant_id = s.tenant_id and r.id = s.run_id
where s.status = 'running' and r.status not in ('queued', 'running');

-- I3: every run that is over says so, and says why when it failed, or paused because its CRM asked for that
select id, status, finished_at, error_code from sync_runs
where status not in ('queued', 'running')
  and (finished_at is null or (status in ('failed', 'abandoned') and (error_code is null or error_public is null or error_detail is null))
    or (status = 'success' and error_code is not null) or (status = 'cancelled' and error_code <> 'E_RATE_LIMITED') or finished_at < started_at);

-- I4: one run per connection and slot
select tenant_id, connection_id, slot_at from sync_runs where slot_at is not null group by 1, 2, 3 having count(*) > 1;

-- I5: no CRM record is there twice
select 'pipelines' as record, tenant_id, connection_id, source_id from pipelines group by 2, 3, 4 having count(*) > 1
union all select 'stages', tenant_id, connection_id, source_id from stages group by 2, 3, 4 having count(*) > 1
union all select 'owners', tenant_id, connection_id, source_id from owners group by 2, 3, 4 having count(*) > 1
union all select 'lead_sources', tenant_id, connection_id, source_id from lead_sources group by 2, 3, 4 having count(*) > 1
union all select 'companies', tenant_id, connection_id, source_id from companies group by 2, 3, 4 having count(*) > 1
union all select 'contacts', tenant_id, connection_id, source_id from contacts group by 2, 3, 4 having count(*) > 1
union all select 'leads', tenant_id, connection_id, source_id from leads group by 2, 3, 4 having count(*) > 1
union all select 'opportunities', tenant_id, connection_id, source_id from opportunities group by 2, 3, 4 having count(*) > 1
union all select 'stage changes', tenant_id, connection_id, source_id from stage_changes group by 2, 3, 4 having count(*) > 1
union all select 'notes', tenant_id, connection_id, source_id from notes group by 2, 3, 4 having count(*) > 1
union all select 'activities', tenant_id, connection_id, source_id from activities group by 2, 3, 4 having count(*) > 1;

-- I6: pages never go back to an older holder of the lease; ids of transactions are drawn at the fence check
select connection_id, stream, seq, fence, before from (
  select connection_id, stream, seq, fence, lag(fence) over (partition by tenant_id, connection_id order by xmin::text::bigint, id) as before
  from raw_snapshots) as pages
where fence < before;

-- I6 runs: a page carries the fence of its own run
select p.run_id, p.stream, p.seq, p.fence, r.fence as run_fence from raw_snapshots p
left join sync_runs r on r.tenant_id = p.tenant_id and r.id = p.run_id and r.connection_id = p.connection_id
where r.fence is distinct from p.fence;

-- I6 cursors: no cursor was written under a lease that was never given
select c.connection_id, c.stream, c.fence from stream_cursors c join connections n on n.tenant_id = c.tenant_id and n.id = c.connection_id
where c.fence > n.fence;

-- I7: a cursor was stored by a run that was reading that stream
select c.connection_id, c.stream, c.fence from stream_cursors c
where not exists (
  select from sync_runs r join sync_run_streams s on s.tenant_id = r.tenant_id and s.run_id = r.id and s.stream = c.stream
  where r.tenant_id = c.tenant_id and r.connection_id = c.connection_id and r.fence = c.fence);

-- I8: fetched = created + updated + unchanged + stale + quarantined, and none of them is negative
select run_id, stream, fetched, created, updated, unchanged, stale, quarantined from sync_run_streams
where status in ('success', 'partial')
  and (fetched <> created + updated + unchanged + stale + quarantined
    or least(fetched, created, updated, unchanged, stale, quarantined, retired) < 0);

-- I8 sums: a run counts what its streams count
select r.id, r.fetched, sum(s.fetched) as streams from sync_runs r join sync_run_streams s on s.tenant_id = r.tenant_id and s.run_id = r.id
where r.status = 'success' group by r.tenant_id, r.id
having r.fetched <> sum(s.fetched) or r.created <> sum(s.created) or r.updated <> sum(s.updated) or r.retired <> sum(s.retired)
  or r.pages <> sum(s.pages);

-- I9: page numbers of a stream in a run begin at 1, come once, and go no further than the pages it counts
select p.run_id, p.stream, count(*), min(p.seq), max(p.seq), s.pages from raw_snapshots p
left join sync_run_streams s on s.tenant_id = p.tenant_id and s.run_id = p.run_id and s.stream = p.stream
group by p.tenant_id, p.run_id, p.stream, s.pages, s.status
having min(p.seq) < 1 or count(*) <> count(distinct p.seq) or (s.status in ('success', 'partial') and max(p.seq) > s.pages) or s.status is null;

-- I11: the tenant of a record is the tenant of its connection, and its page is its connection's
select t.record, t.id, t.tenant_id, t.connection_id, t.snapshot_id from (
  select 'stages' as record, tenant_id, connection_id, id, snapshot_id from stages
  union all select 'pipelines', tenant_id, connection_id, id, snapshot_id from pipelines
  union all select 'owners', tenant_id, connection_id, id, snapshot_id from owners
  union all select 'lead_sources', tenant_id, connection_id, id, snapshot_id from lead_sources
  union all select 'companies', tenant_id, connection_id, id, snapshot_id from companies
  union all select 'contacts', tenant_id, connection_id, id, snapshot_id from contacts
  union all select 'leads', tenant_id, connection_id, id, snapshot_id from leads
  union all select 'opportunities', tenant_id, connection_id, id, snapshot_id from opportunities
  union all select 'stage changes', tenant_id, connection_id, id, snapshot_id from stage_changes
  union all select 'notes', tenant_id, connection_id, id, snapshot_id from notes
  union all select 'activities', tenant_id, connection_id, id, snapshot_id from activities) as t
left join connections c on c.tenant_id = t.tenant_id and c.id = t.connection_id
left join raw_snapshots p on p.tenant_id = t.tenant_id and p.id = t.snapshot_id and p.connection_id = t.connection_id
where c.id is null or p.id is null;

-- I11 links: runs, cursors, pages and records set aside belong to a connection of their own tenant
select 'run' as what, r.tenant_id, r.connection_id from sync_runs r
  where not exists (select from connections c where c.tenant_id = r.tenant_id and c.id = r.connection_id)
union all select 'cursor', s.tenant_id, s.connection_id from stream_cursors s
  where not exists (select from connections c where c.tenant_id = s.tenant_id and c.id = s.connection_id)
union all select 'page', p.tenant_id, p.connection_id from raw_snapshots p
  where not exists (select from connections c where c.tenant_id = p.tenant_id and c.id = p.connection_id)
union all select 'set aside', q.tenant_id, q.connection_id from quarantine q
  where not exists (select from raw_snapshots p where p.tenant_id = q.tenant_id and p.id = q.snapshot_id and p.connection_id = q.connection_id);

-- I13 pipeline: the newest totals of a connection that stands still equal a recount of its records
with still as (
  select tenant_id, id from connections c
  where (select r.status from sync_runs r where r.tenant_id = c.tenant_id and r.connection_id = c.id and r.status <> 'queued'
    order by r.started_at desc limit 1) = 'success'
), newest as (
  select distinct on (m.tenant_id, m.connection_id) m.tenant_id, m.connection_id, m.run_id
  from pipeline_stage_counts m join still on still.tenant_id = m.tenant_id and still.id = m.connection_id
  order by m.tenant_id, m.connection_id, m.as_of desc
), said as (
  select m.tenant_id, m.connection_id, m.stage_id, m.stage_name, m.status, m.currency, m.count, m.amount_minor, m.weighted_minor
  from pipeline_stage_counts m join newest using (tenant_id, connection_id, run_id) where m.count > 0
), counted as (
  select o.tenant_id, o.connection_id, o.stage_id, coalesce(o.stage_name, ''), o.status, o.currency, count(*), coalesce(sum(o.amount_minor), 0),
    coalesce(sum(o.amount_minor * case when o.probability is not null then o.probability else
      (select s.probability from stages s where s.tenant_id = o.tenant_id and s.id = o.stage_id and s.deleted_at is null) end), 0)
  from opportunities o join still on still.tenant_id = o.tenant_id and still.id = o.connection_id
  where o.deleted_at is null group by 1, 2, 3, 4, 5, 6
)
(select * from said except all select * from counted) union all (select * from counted except all select * from said);

-- I13 leads: the newest lead numbers of a connection that stands still equal a recount of its records
with still as (
  select tenant_id, id from connections c
  where (select r.status from sync_runs r where r.tenant_id = c.tenant_id and r.connection_id = c.id and r.status <> 'queued'
    order by r.started_at desc limit 1) = 'success'
), newest as (
  select distinct on (m.tenant_id, m.connection_id) m.tenant_id, m.connection_id, m.run_id
  from lead_metrics m join still on still.tenant_id = m.tenant_id and still.id = m.connection_id
  order by m.tenant_id, m.connection_id, m.as_of desc
), said as (
  select m.tenant_id, m.connection_id, m.source, m.stage_id, m.stage_name, m.is_prospect, sum(m.count)
  from lead_metrics m join newest using (tenant_id, connection_id, run_id) where m.count > 0 group by 1, 2, 3, 4, 5, 6
), counted as (
  select l.tenant_id, l.connection_id, coalesce(l.source, ''), l.stage_id, coalesce(l.stage_name, ''), l.is_prospect, count(*)::numeric
  from leads l join still on still.tenant_id = l.tenant_id and still.id = l.connection_id
  where l.deleted_at is null group by 1, 2, 3, 4, 5, 6
)
(select * from said except all select * from counted) union all (select * from counted except all select * from said);

-- I13 sums: what is kept of the opportunities equals a recount of them, at every moment
with said as (
  select tenant_id, connection_id, status, stage_id, currency, probability, count, amounts, amount_minor from opportunity_sums
  where (count, amounts, amount_minor) <> (0, 0, 0)
), counted as (
  select tenant_id, connection_id, status, stage_id, currency, probability, count(*), count(amount_minor), coalesce(sum(amount_minor), 0)
  from opportunities where deleted_at is null group by 1, 2, 3, 4, 5, 6
)
(select * from said except all select * from counted) union all (select * from counted except all select * from said);

-- I13 sums of leads: as of the opportunities
with said as (
  select tenant_id, connection_id, stage_id, is_prospect, source, stage_name, count from lead_sums where count <> 0
), counted as (
  select tenant_id, connection_id, stage_id, is_prospect, source, stage_name, count(*) from leads
  where deleted_at is null group by 1, 2, 3, 4, 5, 6
)
(select * from said except all select * from counted) union all (select * from counted except all select * from said);

-- I13 once: a run appends its measures once
select run_id, stage_id, stage_name, status, currency, count(*) from pipeline_stage_counts
group by tenant_id, run_id, stage_id, stage_name, status, currency having count(*) > 1;

-- I14: no mark lies in the future, and none ahead of the pass that set it
select connection_id, stream, fresh_at, watermark, scan_start, last_full_at from stream_cursors
where greatest(fresh_at, watermark, scan_start, last_full_at, updated_at) > clock_timestamp() + interval '5 s'
  or fresh_at > watermark or watermark > updated_at or watermark > coalesce(scan_start, watermark);

-- I19: no secret stands in a readable column
select 'run' as place, id::text from sync_runs where concat(error_public, error_detail, verdict, worker) like '%CANARY-TOKEN%'
union all select 'stream', run_id::text from sync_run_streams where concat(error_public, error_detail, cursor_from, cursor_to, unknown_fields) like '%CANARY-TOKEN%'
union all select 'page', id::text from raw_snapshots where concat(request, cursor) like '%CANARY-TOKEN%'
union all select 'set aside', id::text from quarantine where concat(reason, path, source_id) like '%CANARY-TOKEN%'
union all select 'cursor', stream from stream_cursors where cursor like '%CANARY-TOKEN%'
union all select 'connection', id::text from connections where concat(settings, state_reason, base_url) like '%CANARY-TOKEN%';

-- I21: the words for clients name no host, no address and no place in the code
select id, error_public, verdict from sync_runs
where concat(error_public, verdict) ~* '(https?://|localhost|127\.0\.0\.1|\d+\.\d+\.\d+\.\d+|\.ts:\d+|\mECONN|select |insert )';

-- I21 streams: nor do those of a stream
select run_id, stream, error_public from sync_run_streams
where error_public ~* '(https?://|localhost|127\.0\.0\.1|\d+\.\d+\.\d+\.\d+|\.ts:\d+|\mECONN|select |insert )';

-- History order: a state of an opportunity ends after it began
select tenant_id, opportunity_id, valid_from, valid_to from opportunity_versions where valid_to <= valid_from;

-- History gaps: each state begins where the one before ended, and the present one where the last ended
select opportunity_id, valid_from, ended from (
  select tenant_id, opportunity_id, valid_from, lag(valid_to) over (partition by tenant_id, opportunity_id order by valid_from) as ended
  from (select tenant_id, opportunity_id, valid_from, valid_to from opportunity_versions
    union all select tenant_id, id, changed_at, null from opportunities) as states) as steps
where ended is not null and valid_from <> ended;

-- History owners: no state is left without its opportunity
select v.opportunity_id from opportunity_versions v
where not exists (select from opportunities o where o.tenant_id = v.tenant_id and o.id = v.opportunity_id);

-- Leases: a connection whose run is over is held by nobody
select c.id, c.lease_owner, c.lease_until from connections c
where c.lease_owner is not null and c.lease_until > clock_timestamp()
  and not exists (select from sync_runs r where r.tenant_id = c.tenant_id and r.connection_id = c.id and r.status = 'running');

-- Steps mirror: an opportunity says of its next step what the last row about it says
select o.id, o.version, o.next_action_at, o.next_action_details, o.own_outcome, n.number, n.due_at, n.details, n.outcome as said
from opportunities o
left join lateral (
  select * from next_actions n where n.tenant_id = o.tenant_id and n.opportunity_id = o.id order by n.number desc limit 1) n on true
where (o.version, o.next_action_at, o.next_action_details, o.own_outcome) is distinct from
  (coalesce(n.number, 0), n.due_at, n.details, case when n.outcome in ('won', 'lost', 'disqualified') then n.outcome end);

-- Steps order: the rows about an opportunity are numbered from 1 without a gap, and each belongs to an opportunity
select n.tenant_id, n.opportunity_id, count(*), max(n.number), count(o.id) from next_actions n
left join opportunities o on o.tenant_id = n.tenant_id and o.id = n.opportunity_id
group by 1, 2 having count(*) <> max(n.number) or count(o.id) <> count(*);

-- Steps open: only an open opportunity has an open step, or an outcome that the CRM has not seen
select id, status, deleted_at, next_action_at, own_outcome from opportunities
where (next_action_at is not null or own_outcome is not null) and (status <> 'open' or deleted_at is not null);

-- Steps kept: a sync ends a step only with the opportunity, and writes none of its own
select n.tenant_id, n.opportunity_id, n.number, n.how, n.outcome, n.made_by from next_actions n
where n.made_by is null and n.how not in ('closed', 'merged') or n.how = 'closed' and n.outcome is distinct from 'closed_in_crm';

-- Writes: each carries one row of next actions, and no row is carried twice
select w.tenant_id, w.opportunity_id, w.number, count(*) from crm_writes w
left join next_actions n on n.tenant_id = w.tenant_id and n.opportunity_id = w.opportunity_id and n.number = w.number
group by 1, 2, 3 having count(*) > 1 or count(n.number) = 0;
