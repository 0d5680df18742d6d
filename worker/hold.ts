import { sql } from 'drizzle-orm'
import type { Database, Tx } from '../drizzle/db.ts'

const holdSeconds = 60
const renewSeconds = 15

/** Thrown when a connection is being synced at this moment. */
export class BusyError extends Error {
  override readonly name = 'BusyError'
}

/**
 * Keeps every sync of a tenant's connections away while `work` runs, by holding their leases. Throws `BusyError` when one
 * of them is being synced; nothing is held then.
 */
export async function whileHolding<T>(
  database: Database,
  tenantId: string,
  holder: string,
  work: () => Promise<T>,
): Promise<T> {
  const isOurs = sql`tenant_id = ${tenantId} and lease_owner = ${holder}`
  const extend = sql`lease_until = clock_timestamp() + make_interval(secs => ${holdSeconds})`
  await database.asTenant(tenantId, async (tx) => {
    const busy = await tx.execute<{ name: string }>(sql`
      select name from connections where tenant_id = ${tenantId} and lease_until >= clock_timestamp() for no key update`)
    if (busy.rows[0] !== undefined)
      throw new BusyError(`${busy.rows[0].name} is being synced; try again when the run has ended`)
    await tx.execute(
      sql`update connections set fence = fence + 1, lease_owner = ${holder}, ${extend} where tenant_id = ${tenantId}`,
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
 * Locks a tenant's connections until the transaction ends, so that nobody takes them over before it does. Throws `BusyError`
 * when somebody already has.
 */
export async function assertHolding(tx: Tx, tenantId: string, holder: string): Promise<void> {
  const { rows } = await tx.execute<{ name: string; holds: boolean }>(sql`
    select name, lease_owner is not distinct from ${holder} as holds from connections where tenant_id = ${tenantId} for no key update`)
  const lost = rows.find(({ holds }) => !holds)
  if (lost !== undefined)
    throw new BusyError(`${lost.name} was lost to another worker meanwhile; nothing was changed`)
}
