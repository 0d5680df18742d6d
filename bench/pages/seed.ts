import type pg from 'pg'

export const tenantId = '00000000-0000-4000-8000-000000000001'
const connectionId = '00000000-0000-4000-8000-000000000002'
/** Another client, with nothing in it: whoever has one alone is led past the page of all of them. */
export const otherTenantId = '00000000-0000-4000-8000-000000000003'
/** In the address of every page that is measured. */
export const slug = 'bench'

/** Names and chances as a franchise developer has them; the last five are how a sale ends without a signature. */
const stages = [
  'New Lead|',
  'Outbound Call|',
  'Inbound Contact|',
  'Initial Call Scheduled|0.05',
  'Initial Call Complete|0.10',
  'QR Sent|0.15',
  'QR Returned|0.20',
  'FDD Sent|0.25',
  'FDD Signed|0.30',
  'FDD Review Call Scheduled|0.35',
  'FDD Review Call Complete|0.40',
  'Deal Structure|0.45',
  'Discovery Day Booked|0.50',
  'Discovery Day Completed|0.80',
  'FA Requested|0.90',
  'FA Sent|0.95',
  'FA Signed|1.00',
  'Not Interested|0.00',
  'Never Responded|0.00',
  'Bad Lead|0.00',
  'Bad Fit|0.00',
  'Lost - Territory Not Available|0.00',
]
const streams = ['owners', 'stages', 'lead_sources', 'leads', 'opportunities', 'notes', 'activities']

/**
 * A client with so many opportunities, as many leads, half as many notes and a tenth as many activities, over three years: a
 * quarter of the opportunities open, one in fifty changed within the last week. Written in sets, past every policy.
 */
export async function seedClient(client: pg.Client, opportunities: number): Promise<void> {
  const of = `'${tenantId}'::uuid as tenant_id, '${connectionId}'::uuid as connection_id`
  const id = (table: string, number: string) => `md5('${table}' || (${number}))::uuid`
  const record = (table: string, number: string, changedAt = `now() - interval '200 days'`) =>
    `${of}, ${id(table, number)} as id, (${number})::text as source_id, decode(md5((${number})::text), 'hex') as content_hash, ` +
    `${id('snapshot', `(${number}) / 100`)} as snapshot_id, ${changedAt} as changed_at`
  // A number between 0 and 1 that looks like chance and is the same every time.
  const chance = (salt: number) => `((hashint8extended(n, ${salt}) & 1048575) / 1048576.0)`
  const write = async (table: string, select: string) => {
    const made = await client.query(`create temporary table made as ${select}`)
    const { rows } = await client.query<{ names: string }>(
      `select string_agg(quote_ident(attname), ', ' order by attnum) as names from pg_attribute where attrelid = 'made'::regclass and attnum > 0`,
    )
    const names = rows[0]?.names ?? ''
    await client.query(`insert into ${table} (${names}) select ${names} from made`)
    await client.query('drop table made')
    return made.rowCount
  }
  const rows = (count: number) => `from generate_series(1::bigint, ${Math.round(count)}) as n`
  const bornAt = `now() - interval '1100 days' * power(${chance(1)}::float8, 1.2)`
  const stageAt = `(case when ${chance(2)} < 0.25 then 1 + floor(power(${chance(3)}::float8, 1.3) * 16) when ${chance(2)} < 0.36 then 17 else 18 + floor(${chance(3)} * 5) end)::int`
  const amount = `case when ${chance(4)} < 0.8 then (30000 + floor(${chance(5)} * 9) * 5000)::bigint * 100 end`
  const learnedAt = `now() - case when ${chance(6)} < 0.02 then interval '7 days' * ${chance(7)} when ${chance(6)} < 0.08 then interval '7 days' + interval '80 days' * ${chance(7)} else interval '90 days' + interval '100 days' * ${chance(7)} end`

  await client.query(
    `insert into tenants (id, slug, name, time_zone) values ($1, $2, 'Bench', 'America/Chicago')`,
    [tenantId, slug],
  )
  await client.query(`insert into tenants (id, slug, name) values ($1, 'beside', 'Beside')`, [otherTenantId])
  await client.query(
    `insert into connections (tenant_id, id, connector, name, next_due_at) values ($1, $2, 'clienttether', 'ClientTether', now() + interval '1 hour')`,
    [tenantId, connectionId],
  )
  await write(
    'stages',
    `select ${record('stages', 'n')}, split_part(s, '|', 1) as name, n::int as position, nullif(split_part(s, '|', 2), '')::numeric as probability,
      n < 18 as is_active, case when n = 17 then 'won' when n > 17 then 'lost' else 'open' end as outcome
      from unnest(array[${stages.map((name) => `'${name}'`).join(', ')}]) with ordinality as s (s, n)`,
  )
  await write('owners', `select ${record('owners', 'n')}, 'Owner ' || n as name ${rows(40)}`)
  const owner = id('owners', `1 + floor(${chance(8)} * 40)::int`)
  const stage = id('stages', stageAt)
  await write(
    'contacts',
    `select ${record('contacts', 'n')}, 'First' || (n % 997) as first_name, 'Last' || n as last_name, ${owner} as owner_id ${rows(opportunities)}`,
  )
  await write(
    'leads',
    `select ${record('leads', 'n', learnedAt)}, ${bornAt} as source_created_at, ${id('contacts', 'n')} as contact_id, 'First' || (n % 997) || ' Last' || n as name,
      'Source ' || floor(${chance(9)} * 12)::int as source, ${stage} as stage_id, ${chance(10)} < 0.9 as is_prospect, ${owner} as owner_id ${rows(opportunities)}`,
  )
  await write(
    'opportunities',
    `select ${record('opportunities', 'n', learnedAt)}, ${bornAt} as source_created_at, 'First' || (n % 997) || ' Last' || n as title, ${id('contacts', 'n')} as contact_id,
      ${owner} as owner_id, ${stage} as stage_id, case when ${stageAt} = 17 then 'won' when ${stageAt} > 17 then 'lost' else 'open' end as status,
      ${amount} as amount_minor, 'USD' as currency, 'Market ' || floor(${chance(11)} * 60)::int as market, 1 + floor(${chance(12)} * 3)::int as units,
      (${amount}) / 2 as weighted_fee_minor ${rows(opportunities)}`,
  )
  await write(
    'opportunity_versions',
    `select '${tenantId}'::uuid as tenant_id, o.id as opportunity_id, o.changed_at - interval '20 days' as valid_from, o.changed_at as valid_to,
      ${id('run', '1')} as run_id, o.snapshot_id, o.title, o.owner_id, coalesce(b.id, o.stage_id) as stage_id, 'open' as status, o.amount_minor, o.currency, o.units
      from opportunities o join stages s on s.id = o.stage_id left join stages b on b.position = least(s.position, 17) - 1 where o.changed_at > now() - interval '90 days'`,
  )
  await write(
    'notes',
    `select ${record('notes', 'n')}, ${id('contacts', `1 + floor(${chance(13)} * ${opportunities})::bigint`)} as contact_id, 'Owner ' || (n % 40) as author,
      ${bornAt} + interval '1 day' as noted_at, 'Spoke about the territory of market ' || (n % 60) || ' and the ' || (array['budget','lender','lease','partner','timeline'])[1 + n % 5] || '. Call ' || n || ' again next week.' as body
      ${rows(opportunities / 2)}`,
  )
  await write(
    'activities',
    `select ${record('activities', 'n')}, 'appt' as kind, 'Review call ' || n as subject, ${id('contacts', `1 + floor(${chance(13)} * ${opportunities})::bigint`)} as contact_id, ${owner} as owner_id,
      now() + interval '21 days' - interval '400 days' * ${chance(1)} as due_at, ${chance(1)} > 0.054 as is_done ${rows(opportunities / 10)}`,
  )
  await seedRuns(client, write, id, of)
  await client.query('vacuum analyze')
}

/** Hourly runs of the last ninety days, with their passes and, once a day, their measures. */
async function seedRuns(
  client: pg.Client,
  write: (table: string, select: string) => Promise<number | null>,
  id: (table: string, number: string) => string,
  of: string,
): Promise<void> {
  const at = `date_trunc('hour', now()) - n * interval '1 hour'`
  const hours = 'from generate_series(0, 2160) as n'
  await write(
    'sync_runs',
    `select ${of}, ${id('run', 'n')} as id, 'schedule' as trigger, 'success' as status, ${at} as queued_at, ${at} as started_at, ${at} + interval '20 s' as finished_at ${hours}`,
  )
  const pass = `select ${of}, ${id('run', 'n')} as run_id, s as stream, 'success' as status, ${at} as started_at, ${at} + interval '20 s' as finished_at`
  const every = `cross join unnest(array[${streams.map((name) => `'${name}'`).join(', ')}]) as s`
  await write('sync_run_streams', `${pass} ${hours} ${every}`)
  await write(
    'stream_cursors',
    `select ${of}, s as stream, now() - interval '10 minutes' as fresh_at, 1 as fence, now() as updated_at from unnest(array[${streams.map((name) => `'${name}'`).join(', ')}]) as s`,
  )
  await write(
    'pipeline_stage_counts',
    `select ${of}, md5(random()::text)::uuid as id, ${id('run', 'n')} as run_id, ${at} as as_of, o.stage_id, '' as stage_name, o.status, 'USD' as currency, o.count, o.amount as amount_minor
      from generate_series(0, 2160, 24) as n cross join (select stage_id, status, count(*) as count, coalesce(sum(amount_minor), 0) as amount from opportunities group by 1, 2) o`,
  )
  await client.query('analyze')
}
