import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { askOften } from '../../drizzle/ask-often.ts'

/**
 * What the pages of a workspace stand on, in one word: it is another one once a run has ended, copied records were read again, a
 * connection has another state, somebody set a next step, or one is further on its way to the CRM. Read before what a page shows, it is
 * never newer than the page. Every page asks it, so each of its parts is one probe of an index, and none is of a table whose rows a page
 * may do without. Who may not read records is told of the sync alone.
 */
export async function readVersion(tx: Tx, readsDeals: boolean): Promise<string> {
  const parts = readsDeals ? sql`${ofSync}, ${ofRecords}, ${ofWrites}` : ofSync
  const [found] = await askOften<{ version: string }>(
    tx,
    sql`select md5(json_build_array(${parts})::text) as version`,
  )
  if (found === undefined) throw new Error('a statement without a condition gave no row')
  return found.version
}

const ofSync = sql`(
  select json_agg(json_build_array(c.id, c.name, c.state, c.state_since, (
    select r.id from sync_runs r
    where r.tenant_id = c.tenant_id and r.connection_id = c.id and r.status not in ('queued', 'running')
    order by r.queued_at desc limit 1)) order by c.id)
  from connections c)`

/** A replay ends no run, but measures what it changed. */
const ofRecords = sql`(
  select json_agg(json_build_array((
    select p.as_of from pipeline_stage_counts p where p.tenant_id = c.tenant_id and p.connection_id = c.id
    order by p.as_of desc limit 1), (
    select m.state || m.version from field_mappings m where m.tenant_id = c.tenant_id and m.connection_id = c.id
    order by m.version desc limit 1)) order by c.id)
  from connections c),
  (select a.made_at from next_actions a order by a.made_at desc limit 1)`

/** What is on its way to a CRM is little; what has arrived there, or was refused, leaves it. */
const ofWrites = sql`(
  select json_agg(f) from (
    select w.state, w.waits_because, count(*) from crm_writes w where w.state in ('pending', 'sending', 'sent')
    group by w.state, w.waits_because order by w.state, w.waits_because) f)`
