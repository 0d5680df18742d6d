import { sql } from 'drizzle-orm'
import type { Database, Tx } from '../drizzle/db.ts'
import { seal, unseal, type Keyring } from '../drizzle/seal.ts'
import { patiently } from './patience.ts'

/** One look over a tenant's secrets. */
export type Resealed = {
  done: number
  /** Somebody was writing them at that moment; another look finds them as they are then. */
  left: number
  unopenable: { connection: string; field: string; why: string }[]
}

type Row = { connection_id: string; connection: string; field: string; key_id: string; sealed: Buffer }

/**
 * Seals anew what is sealed with another key than the ring's current one, all of a tenant in one transaction with what `noted` writes
 * about it. It waits for nobody who is writing a row, and so never stands in anybody's way for longer than it takes.
 */
export function resealTenant(
  database: Database,
  keyring: Keyring,
  tenantId: string,
  noted: (tx: Tx, count: number) => Promise<void>,
): Promise<Resealed> {
  return patiently(() =>
    database.asTenant(tenantId, async (tx) => {
      const result: Resealed = { done: 0, left: 0, unopenable: [] }
      for (const row of await lockRows(tx, keyring, tenantId)) {
        const outcome = await resealRow(tx, keyring, tenantId, row)
        if (outcome === 'done') result.done += 1
        else if (outcome === 'left') result.left += 1
        else result.unopenable.push({ connection: row.connection, field: row.field, why: outcome.why })
      }
      if (result.done > 0) await noted(tx, result.done)
      result.left += await countOthers(tx, keyring, tenantId, result)
      return result
    }),
  )
}

async function lockRows(tx: Tx, keyring: Keyring, tenantId: string): Promise<Row[]> {
  const { rows } = await tx.execute<Row>(sql`
    select s.connection_id, c.name as connection, s.field, s.key_id, s.sealed
    from connection_secrets s join connections c on c.tenant_id = s.tenant_id and c.id = s.connection_id
    where s.tenant_id = ${tenantId} and s.key_id <> ${keyring.current.keyId}
    order by c.name, s.field for update of s skip locked`)
  return rows
}

async function resealRow(
  tx: Tx,
  keyring: Keyring,
  tenantId: string,
  row: Row,
): Promise<'done' | 'left' | { why: string }> {
  const place = { tenantId, connectionId: row.connection_id, field: row.field }
  let secret: string
  try {
    secret = await unseal(keyring, place, { keyId: row.key_id, sealed: row.sealed })
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) }
  }
  const { keyId, sealed } = await seal(keyring.current, place, secret)
  const { rowCount } = await tx.execute(sql`
    update connection_secrets set key_id = ${keyId}, sealed = ${sealed}
    where tenant_id = ${tenantId} and connection_id = ${row.connection_id} and field = ${row.field}
      and key_id = ${row.key_id} and sealed = ${row.sealed}`)
  return rowCount === 1 ? 'done' : 'left'
}

/** Rows under other keys that were not looked at, because somebody else had locked them. */
async function countOthers(
  tx: Tx,
  keyring: Keyring,
  tenantId: string,
  { left, unopenable }: Resealed,
): Promise<number> {
  const counts = await countKeys(tx, tenantId)
  const others = [...counts].reduce(
    (sum, [key, count]) => (key === keyring.current.keyId ? sum : sum + count),
    0,
  )
  return Math.max(0, others - left - unopenable.length)
}

/** How many secrets of a tenant are sealed with each key. */
export async function countKeys(tx: Tx, tenantId: string): Promise<Map<string, number>> {
  const { rows } = await tx.execute<{ key_id: string; count: number }>(sql`
    select key_id, count(*)::int as count from connection_secrets where tenant_id = ${tenantId} group by key_id`)
  return new Map(rows.map(({ key_id, count }) => [key_id, count]))
}
