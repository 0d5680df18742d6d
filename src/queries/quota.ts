import { eq } from 'drizzle-orm'
import { connections } from '../../drizzle/schema/index.ts'
import { beginOfDay, lastTold, quotaDay } from '../../drizzle/quota.ts'
import { sql, type Tx } from '../../drizzle/db.ts'
import type { Quota } from '../../drizzle/schema/quota.ts'
import type { QuotaNow } from '../domain/quota.ts'

type Asked = { id: string; quota: Quota }
type Stored = {
  id: string
  share: number
  own_limit: string | null
  told_limit: string | null
  used: string | null
  began_at: string
  ends_at: string
  now: string
}

/** What each of these connections has used of its share of the CRM's present day. */
export async function readQuotas(tx: Tx, asked: readonly Asked[]): Promise<Map<string, QuotaNow>> {
  if (asked.length === 0) return new Map()
  const zone = sql`d.zone`
  const { rows } = await tx.execute<Stored>(sql`
    select c.id, c.quota_share as share, c.quota_limit as own_limit, ${lastTold(sql`c.tenant_id`, sql`c.id`)} as told_limit, q.used,
      ${beginOfDay(sql`d.day`, zone)}::text as began_at, ${beginOfDay(sql`(d.day + 1)`, zone)}::text as ends_at, now()::text as now
    from unnest(${sql.param(asked.map(({ id }) => id))}::uuid[], ${sql.param(asked.map(({ quota }) => quota.day))}::text[]) as a (id, of)
    join connections c on c.id = a.id
    join tenants t on t.id = c.tenant_id
    cross join lateral (
      select zone, ${quotaDay(sql`zone`)} as day from (select case a.of when 'utc' then 'UTC' else t.time_zone end as zone) z) d
    left join quota_days q on q.tenant_id = c.tenant_id and q.connection_id = c.id and q.day = d.day`)
  const rules = new Map(asked.map(({ id, quota }) => [id, quota]))
  return new Map(
    rows.map((row) => [
      row.id,
      {
        used: Number(row.used ?? 0),
        limit: Number(row.own_limit ?? row.told_limit ?? rules.get(row.id)?.perDay),
        share: row.share,
        beganAt: new Date(row.began_at),
        endsAt: new Date(row.ends_at),
        now: new Date(row.now),
      },
    ]),
  )
}

/** What people have set for a connection. */
export async function readQuotaSetting(
  tx: Tx,
  connectionId: string,
): Promise<{ share: number; limit: number | null }> {
  const [set] = await tx
    .select({ share: connections.quotaShare, limit: connections.quotaLimit })
    .from(connections)
    .where(eq(connections.id, connectionId))
  return set ?? { share: 1, limit: null }
}
