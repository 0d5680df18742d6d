import { sql } from 'drizzle-orm'
import type { Database, Tx } from '../drizzle/db.ts'

const holdSeconds = 60
const renewSeconds = 15

/** Thrown when a connection is being synced at this moment. */
export class BusyError extends Error {
  override readonly name = 'BusyError'
}

/** All connections of a tenant, or one of them. */
export type Held = { tenantId: string; connectionId?: string | undefined }

const isHeld = ({ tenantId, connectionId }: Held) =>
  sql`tenant_id = ${tenantId} and id = coalesce(${connectionId ?? null}::uuid, id)`

/**
 * Keeps every sync of these connections away while `work` runs, by holding their leases. Throws `BusyError` when one
 * of them is being synced; nothing is held then.
 */
export async function whileHolding<T>(
  database: Database,
  held: Held,
  holder: string,
  work: () => Promise<T>,
): Promise<T> {
  const { tenantId } = held
  const isOurs = sql`${isHeld(held)} and lease_owner = ${holder}`
  const extend = sql`lease_until = clock_timestamp() + make_interval(secs => ${holdSeconds})`
  await database.asTenant(tenantId, async (tx) => {
    const busy = await tx.execute<{ name: string }>(sql`
      select name from connections where ${isHeld(held)} and lease_until >= clock_timestamp() for no key update`)
    if (busy.rows[0] !== undefined)
      throw new BusyError(`${busy.rows[0].name} is being synced; try again when the run has ended`)
    await tx.execute(
      sql`update connections set fence = fence + 1, lease_owner = ${holder}, ${extend} where ${isHeld(held)}`,
    )
  })
  const renew = () =>
    database.asTenant(tenantId, (tx) => tx.execute(sql`update connections set ${extend} where ${isOurs}`))
  const timer = setInterval(() => void renew().catch(() => undefined), renewSeconds * 1_000)
  try {
    return await work()
  } finally {
    clearInterval(timer)
    await database.asTenant(tenantId, (tx) =>
      tx.execute(sql`update connections set lease_owner = null, lease_until = null where ${isOurs}`),
    )
  }
}

/**
 * Locks these connections until the transaction ends, so that nobody takes them over before it does. Throws `BusyError`
 * when somebody already has.
 */
export async function assertHolding(tx: Tx, held: Held, holder: string): Promise<void> {
  const { rows } = await tx.execute<{ name: string; holds: boolean }>(sql`
    select name, lease_owner is not distinct from ${holder} as holds from connections where ${isHeld(held)} for no key update`)
  const lost = rows.find(({ holds }) => !holds)
  if (lost !== undefined)
    throw new BusyError(`${lost.name} was lost to another worker meanwhile; nothing was changed`)
}
