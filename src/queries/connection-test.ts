import { desc, eq } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import type { TestStep } from '../../drizzle/schema/access.ts'
import { connectionTests } from '../../drizzle/schema/index.ts'

/** One test of a connection. Steps come one by one; while `finishedAt` is null more may follow, and `ok` is null. */
export type ConnectionTest = {
  id: string
  askedAt: Date
  startedAt: Date | null
  finishedAt: Date | null
  ok: boolean | null
  steps: TestStep[]
}

/** The test of a connection that was asked for last; undefined when none ever was. */
export async function readLatestTest(tx: Tx, connectionId: string): Promise<ConnectionTest | undefined> {
  const [latest] = await tx
    .select({
      id: connectionTests.id,
      askedAt: connectionTests.askedAt,
      startedAt: connectionTests.startedAt,
      finishedAt: connectionTests.finishedAt,
      ok: connectionTests.ok,
      steps: connectionTests.steps,
    })
    .from(connectionTests)
    .where(eq(connectionTests.connectionId, connectionId))
    .orderBy(desc(connectionTests.askedAt))
    .limit(1)
  return latest
}
