import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'

/** A request as its sender names it, and what it says. */
export type NamedRequest = {
  route: string
  key: string
  /** SHA-256 of the address and the body: the same name over other words is a mistake. */
  hash: Buffer
}

export type Answer = { status: number; body: string }

/** How long an answer is kept. */
export const keptHours = 24

/**
 * Does `work` once for a request that has a name, however often it is sent: the answer to what was done is kept in the transaction
 * that did it, and given again. Two at the same moment wait for each other. A refusal is not kept: nothing was done. Gives
 * `other_request` when the name was used for other words.
 */
export async function answerOnce(
  tx: Tx,
  userId: string,
  named: NamedRequest,
  work: () => Promise<Answer>,
): Promise<Answer | 'other_request'> {
  const whose = sql`user_id = ${userId}::uuid and route = ${named.route} and key = ${named.key}`
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`${userId} ${named.route} ${named.key}`}, 0))`,
  )
  const { rows } = await tx.execute<{ request_hash: Buffer; status: number; answer: string }>(sql`
    select request_hash, status, answer from answered_requests where ${whose} and expires_at > clock_timestamp()`)
  const [kept] = rows
  if (kept !== undefined)
    return named.hash.equals(kept.request_hash) ? { status: kept.status, body: kept.answer } : 'other_request'
  const answer = await work()
  if (answer.status >= 300) return answer
  await tx.execute(sql`
    insert into answered_requests (tenant_id, user_id, route, key, request_hash, status, answer, expires_at)
    values (app.tenant_id(), ${userId}::uuid, ${named.route}, ${named.key}, ${named.hash}, ${answer.status}, ${answer.body},
      clock_timestamp() + make_interval(hours => ${keptHours}))
    on conflict (tenant_id, user_id, route, key) do update set request_hash = excluded.request_hash, status = excluded.status,
      answer = excluded.answer, expires_at = excluded.expires_at`)
  return answer
}
