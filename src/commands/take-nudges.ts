import { and, eq, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import type { NamedRecord } from '../../drizzle/schema/nudges.ts'
import { webhookAddresses } from '../../drizzle/schema/index.ts'

/** Beyond so many waiting nudges a connection takes no more: the next run on schedule reads it all anyway. */
export const mostWaiting = 2_000

/**
 * Takes in what a CRM says happened, of any number of deliveries at once: of each, whether it was taken. The same event taken twice
 * is one. From the first delivery on that finds too many waiting nothing is taken, and the CRM may say it again later. Workers hear
 * of it at commit.
 */
export async function takeNudges(
  tx: Tx,
  connectionId: string,
  deliveries: readonly (readonly NamedRecord[])[],
): Promise<boolean[]> {
  const received = tx
    .update(webhookAddresses)
    .set({ lastReceivedAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(webhookAddresses.connectionId, connectionId),
        sql`(${webhookAddresses.lastReceivedAt} is null or ${webhookAddresses.lastReceivedAt} < clock_timestamp() - interval '1 minute')`,
      ),
    )
  let named = 0
  const places = deliveries.map(({ length }) => (named += length) - length)
  if (named === 0) {
    await received
    return deliveries.map(() => true)
  }
  const [, waiting] = await Promise.all([received, store(tx, connectionId, deliveries, places)])
  return deliveries.map(({ length }, nth) => length === 0 || waiting + (places[nth] ?? 0) < mostWaiting)
}

/** Stores them as long as there is room; gives how many waited before, at most `mostWaiting`. `places` is how many records earlier deliveries name. */
async function store(
  tx: Tx,
  connectionId: string,
  deliveries: readonly (readonly NamedRecord[])[],
  places: readonly number[],
): Promise<number> {
  const records = deliveries.flatMap((named, nth) =>
    named.map((record) => ({ ...record, place: places[nth] })),
  )
  const column = (of: (record: (typeof records)[number]) => unknown) => sql.param(records.map(of))
  const { rows } = await tx.execute<{ waiting: number; taken: number }>(sql`
    with waiting as (
      select count(*)::int as count from (
        select from nudges where connection_id = ${connectionId} and settled_at is null and received_at > clock_timestamp() - interval '1 hour'
        limit ${mostWaiting}) as counted
    ), taken as (
      insert into nudges (tenant_id, connection_id, event_key, stream, source_id)
      select app.tenant_id(), ${connectionId}::uuid, i.event_key, i.stream, i.source_id
      from unnest(${column(({ eventKey }) => eventKey)}::text[], ${column(({ stream }) => stream)}::text[],
        ${column(({ sourceId }) => sourceId)}::text[], ${column(({ place }) => place)}::int[]) as i (event_key, stream, source_id, place), waiting
      where waiting.count + i.place < ${mostWaiting}
      order by i.event_key
      on conflict do nothing returning 1)
    select waiting.count as waiting, (select count(*)::int from taken) as taken from waiting`)
  const [{ waiting, taken } = { waiting: 0, taken: 0 }] = rows
  if (taken > 0) await tx.execute(sql`select pg_notify('tidemark_requests', 'nudges')`)
  return waiting
}
