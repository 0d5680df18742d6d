import { sql } from 'drizzle-orm'
import { askOften } from '../../drizzle/ask-often.ts'
import type { Tx } from '../../drizzle/db.ts'

/** A connection whose fields are being read again, and the version under which its numbers are until then. */
export type WaitingFields = { name: string; version: number; holding: number }

/** The connections whose newest field mapping waits to be carried out. */
export async function readWaitingFields(tx: Tx): Promise<WaitingFields[]> {
  return askOften<WaitingFields>(
    tx,
    sql`
    select c.name, m.version, coalesce((
      select max(h.version) from field_mappings h
      where h.tenant_id = m.tenant_id and h.connection_id = m.connection_id and h.state = 'applied'), 1) as holding
    from field_mappings m join connections c on c.tenant_id = m.tenant_id and c.id = m.connection_id
    where m.state = 'waiting' order by c.name`,
  )
}
