import { and, eq, ne, or, isNull } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { connections } from '../../drizzle/schema/index.ts'

/** Points a connection at another address of the same CRM. Answers whether it pointed elsewhere. */
export async function moveConnection(tx: Tx, connectionId: string, baseUrl: string): Promise<boolean> {
  const { rowCount } = await tx
    .update(connections)
    .set({ baseUrl })
    .where(
      and(
        eq(connections.id, connectionId),
        or(isNull(connections.baseUrl), ne(connections.baseUrl, baseUrl)),
      ),
    )
  return (rowCount ?? 0) > 0
}
