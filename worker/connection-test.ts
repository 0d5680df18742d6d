import { sql } from 'drizzle-orm'
import type { Logger } from 'pino'
import type { Database } from '../drizzle/db.ts'
import type { TestStep } from '../drizzle/schema/access.ts'
import { patient } from './patience.ts'
import { probe, type ProbeOptions } from './probe.ts'

export type OpenTest = { tenantId: string; connectionId: string; testId: string }

export type AnswerOptions = Omit<ProbeOptions, 'told'> & { log: Logger }

/** A test that has not ended after so long belonged to a worker that died, and is taken again. */
const abandonedAfterSeconds = 60

/** One that nobody brought to its end by then is given up: something about it ends workers. */
const givenUpAfterSeconds = 600

/** Tests that nobody has answered yet, oldest first, also those that another worker is answering. */
export async function openTests(database: Database, most: number): Promise<OpenTest[]> {
  const { rows } = await database.outsideTenants.query<{
    tenant_id: string
    connection_id: string
    test_id: string
  }>('select * from app.open_connection_tests($1)', [most])
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    connectionId: row.connection_id,
    testId: row.test_id,
  }))
}

/** Forgets tests that ended a month ago, but for the last one of each connection. Gives how many. */
export async function forgetOldTests(database: Database): Promise<number> {
  const { rows } = await database.outsideTenants.query<{ forgotten: number }>(
    'select app.forget_connection_tests() as forgotten',
  )
  return rows[0]?.forgotten ?? 0
}

/** A test that is ours, with the instant that marks it so. */
export type TakenTest = OpenTest & { startedAt: string }

/**
 * Takes a test that is new, or whose worker died; null when it is somebody else's. One that was taken again and again is ended here,
 * in words.
 */
export async function takeTest(database: Database, test: OpenTest): Promise<TakenTest | null> {
  const isFree = sql`tenant_id = ${test.tenantId} and id = ${test.testId} and finished_at is null and (started_at is null
    or started_at < clock_timestamp() - make_interval(secs => ${abandonedAfterSeconds}))`
  const isHopeless = sql`started_at is not null and asked_at < clock_timestamp() - make_interval(secs => ${givenUpAfterSeconds})`
  return database.asTenant(test.tenantId, async (tx) => {
    await tx.execute(sql`
      update connection_tests set finished_at = clock_timestamp(), ok = false, steps = ${asJson([givenUp])}
      where ${isFree} and ${isHopeless}`)
    const { rows } = await tx.execute<{ started_at: string }>(sql`
      update connection_tests set started_at = clock_timestamp(), steps = '[]' where ${isFree} returning started_at::text`)
    return rows[0] === undefined ? null : { ...test, startedAt: rows[0].started_at }
  })
}

const givenUp: TestStep = {
  name: 'time',
  state: 'failed',
  words: 'No worker brought this test to its end. Ask for another one.',
}

/** Answers a test that was taken: each step is written down as it becomes known. A worker that is told to stop gives it back. */
export async function answerTest(options: AnswerOptions, test: TakenTest): Promise<void> {
  const database = patient(options.database)
  const { tenantId, testId, startedAt } = test
  // Once another worker has taken it over, nothing that is written here counts.
  const write = async (values: ReturnType<typeof sql>) => {
    await database.asTenant(tenantId, (tx) =>
      tx.execute(sql`
        update connection_tests set ${values}
        where tenant_id = ${tenantId} and id = ${testId} and started_at = ${startedAt}::timestamptz and finished_at is null`),
    )
  }
  const told: ProbeOptions['told'] = (steps, ok) =>
    write(
      ok === null
        ? sql`steps = ${asJson(steps)}`
        : sql`steps = ${asJson(steps)}, ok = ${ok}, finished_at = clock_timestamp()`,
    )
  try {
    const { ok } = await probe({ ...options, database, told }, test)
    options.log.info({ tenant: tenantId, connection: test.connectionId, ok }, 'connection.tested')
  } catch (error) {
    if (!options.stopping.aborted) throw error
    await write(sql`started_at = null, steps = '[]'`)
  }
}

const asJson = (steps: readonly TestStep[]) => sql`${JSON.stringify(steps)}::jsonb`
