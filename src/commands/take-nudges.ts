import { and, eq, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import type { NamedRecord } from '../../drizzle/schema/nudges.ts'
import { webhookAddresses } from '../../drizzle/schema/index.ts'

/** Beyond so many waiting nudges a connection takes no more: the next run on schedule reads it all anyway. */
export const mostWaiting = 2_000

/**
 * Takes in what a CRM says happened. The same event taken twice is one. False when too many wait: nothing is taken then, and the CRM
 * may say it again later. Workers hear of it at commit.
 */
export async function takeNudges(
  tx: Tx,
  connectionId: string,
  records: readonly NamedRecord[],
): Promise<boolean> {
  await tx
    .update(webhookAddresses)
    .set({ lastReceivedAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(webhookAddresses.connectionId, connectionId),
        sql`(${webhookAddresses.lastReceivedAt} is null or ${webhookAddresses.lastReceivedAt} < clock_timestamp() - interval '1 minute')`,
      ),
    )
  if (records.length === 0) return true
  const texts = (of: (record: NamedRecord) => string) => sql`${sql.param(records.map(of))}::text[]`
  const { rows } = await tx.execute<{ is_full: boolean; taken: number }>(sql`
    with waiting as (
      select count(*) as count from (
        select from nudges where connection_id = ${connectionId} and settled_at is null and received_at > clock_timestamp() - interval '1 hour'
        limit ${mostWaiting}) as counted
    ), taken as (
      insert into nudges (tenant_id, connection_id, event_key, stream, source_id)
      select app.tenant_id(), ${connectionId}::uuid, i.event_key, i.stream, i.source_id
      from unnest(${texts(({ eventKey }) => eventKey)}, ${texts(({ stream }) => stream)}, ${texts(({ sourceId }) => sourceId)})
        as i (event_key, stream, source_id), waiting
      where waiting.count < ${mostWaiting}
      on conflict do nothing returning 1)
    select waiting.count >= ${mostWaiting} as is_full, (select count(*)::int from taken) as taken from waiting`)
  if ((rows[0]?.taken ?? 0) > 0) await tx.execute(sql`select pg_notify('tidemark_requests', 'nudges')`)
  return rows[0]?.is_full !== true
}
