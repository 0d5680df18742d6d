import { and, sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import type { AuditDeed } from '../domain/audit-deeds.ts'
import type { IdentityDeed } from '../domain/identity-words.ts'

/** Which rows are asked for. Days are those of the tenant's calendar, both included. */
export type AuditFilter = {
  /** A part of an address or a name. */
  who?: string | undefined
  deed?: AuditDeed | IdentityDeed | undefined
  /** `2026-11-20` */
  from?: string | undefined
  to?: string | undefined
}

export type AuditRow = {
  id: string
  at: Date
  /** An address, or the name of a program. */
  actor: string
  road: string | null
  address: string | null
  requestId: string | null
  deed: AuditDeed | IdentityDeed
  target: string | null
  before: Record<string, unknown> | null
  after: Record<string, unknown> | null
}

/**
 * What was done to this tenant, and what its members did with their sign-in, in one list, newest first. Ids are UUID v7 and so in
 * order of time: `before` is the last id of the page before. `next` is the id to continue from, null on the last page.
 */
export async function readAudit(
  tx: Tx,
  { filter, timeZone, limit, before }: AuditPage,
): Promise<{ rows: AuditRow[]; next: string | null }> {
  const wanted = (table: SQL, who: SQL) =>
    and(
      before === undefined ? undefined : sql`${table}.id < ${before}`,
      filter.deed === undefined ? undefined : sql`${table}.deed = ${filter.deed}`,
      filter.from === undefined ? undefined : sql`${table}.at >= ${startOf(filter.from, 0, timeZone)}`,
      filter.to === undefined ? undefined : sql`${table}.at < ${startOf(filter.to, 1, timeZone)}`,
      filter.who === undefined ? undefined : sql`strpos(lower(${who}), lower(${filter.who})) > 0`,
    ) ?? sql`true`
  // Each source gives no more than the page could take, by the index of its own.
  const { rows } = await tx.execute<Omit<AuditRow, 'at'> & { at: string }>(sql`
    (select a.id, a.at, a.actor, a.road, a.address, a.request_id as "requestId", a.deed, a.target, a.before, a.after
       from audit_log a where ${wanted(sql`a`, sql`a.actor`)} order by a.id desc limit ${limit + 1})
    union all
    (select own.id, own.at, u.email, null, own.address, own.request_id, own.deed, null, null, null
       from memberships m join auth.users u on u.id = m.user_id
       cross join lateral (
         select e.id, e.at, e.deed, e.address, e.request_id from auth.events e
          where e.user_id = m.user_id and e.at >= m.added_at and e.at <= coalesce(m.ended_at, 'infinity')
            and ${wanted(sql`e`, sql`u.email || ' ' || u.name`)}
          order by e.id desc limit ${limit + 1}) own)
    order by id desc limit ${limit + 1}`)
  const page = rows.slice(0, limit).map((row) => ({ ...row, at: new Date(row.at) }))
  return { rows: page, next: rows.length > limit ? (page.at(-1)?.id ?? null) : null }
}

export type AuditPage = { filter: AuditFilter; timeZone: string; limit: number; before?: string | undefined }

/** The first instant of a day, or of one some days later, where the tenant is. */
const startOf = (day: string, later: number, timeZone: string): SQL =>
  sql`((${day}::date + ${later}::int)::timestamp at time zone ${timeZone})`
