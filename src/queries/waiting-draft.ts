import { and, eq, notExists } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { connections, connectionSecrets } from '../../drizzle/schema/index.ts'

/** The draft of this name that nobody has let into this CRM yet: whoever begins again means the same one. */
export async function findWaitingDraft(
  tx: Tx,
  { name, connector }: { name: string; connector: string },
): Promise<string | undefined> {
  const keys = tx
    .select({ field: connectionSecrets.field })
    .from(connectionSecrets)
    .where(eq(connectionSecrets.connectionId, connections.id))
  const [draft] = await tx
    .select({ id: connections.id })
    .from(connections)
    .where(
      and(
        eq(connections.name, name),
        eq(connections.connector, connector),
        eq(connections.state, 'draft'),
        notExists(keys),
      ),
    )
  return draft?.id
}
