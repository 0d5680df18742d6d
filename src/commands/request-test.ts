import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { connections, connectionTests } from '../../drizzle/schema/index.ts'

export type TestRequestOutcome = { kind: 'asked'; testId: string } | { kind: 'not_found' }

/** The channel on which workers hear, at commit, that somebody asked for something. */
const channel = 'tidemark_requests'

/**
 * Asks a worker whether a connection works; a draft may be asked about, too. Asking again while nobody has answered gives the same
 * test: the connection's row is locked meanwhile. `anew`: not one that a worker has begun, which may have passed what is new.
 */
export async function requestTest(
  tx: Tx,
  connectionId: string,
  { anew = false } = {},
): Promise<TestRequestOutcome> {
  const [connection] = await tx
    .select({ tenantId: connections.tenantId, id: connections.id })
    .from(connections)
    .where(eq(connections.id, connectionId))
    .for('no key update')
  if (!connection) return { kind: 'not_found' }
  const [open] = await tx
    .select({ id: connectionTests.id })
    .from(connectionTests)
    .where(
      and(
        eq(connectionTests.connectionId, connection.id),
        isNull(connectionTests.finishedAt),
        anew ? isNull(connectionTests.startedAt) : undefined,
      ),
    )
    .limit(1)
  if (open) return { kind: 'asked', testId: open.id }
  const [test] = await tx
    .insert(connectionTests)
    .values({ tenantId: connection.tenantId, id: sql`app.uuid_v7()`, connectionId: connection.id })
    .returning({ id: connectionTests.id })
  if (!test) throw new Error('the test was not asked for')
  const ids = JSON.stringify({ tenant: connection.tenantId, connection: connection.id, test: test.id })
  await tx.execute(sql`select pg_notify(${channel}, ${ids})`)
  return { kind: 'asked', testId: test.id }
}
