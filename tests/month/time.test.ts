import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { MovedTime } from './time.ts'

const hourMs = 3_600_000

test('time that is moved passes the clock of a transaction and not its beginning, and the next one begins later', async () => {
  const database = await createTestDatabase()
  const time = await MovedTime.in(database.url)
  const client = new pg.Client({ connectionString: database.url })
  try {
    await client.connect()
    const startMs = Date.UTC(2026, 3, 1)
    await time.moveTo(startMs)
    const [before, during] = await within(client, () => time.moveTo(startMs + hourMs))
    expect(during?.now).toEqual(before?.now)
    expect((during?.clock ?? 0) - (before?.clock ?? 0)).toBeGreaterThan(0.9 * hourMs)
    const [after] = await within(client, () => Promise.resolve())
    expect((after?.now ?? 0) - (before?.now ?? 0)).toBeGreaterThan(0.9 * hourMs)
  } finally {
    await client.end()
    await time.close()
    await database.drop()
  }
})

type Instants = { now: number; clock: number }

/** What a transaction takes the time to be, before and after something is done. */
async function within(client: pg.Client, deed: () => Promise<void>): Promise<Instants[]> {
  const look = async () =>
    (
      await client.query<Instants>(
        'select extract(epoch from now())::float8 * 1000 as now, extract(epoch from clock_timestamp())::float8 * 1000 as clock',
      )
    ).rows
  await client.query('begin')
  const before = await look()
  await deed()
  const after = await look()
  await client.query('commit')
  return [...before, ...after]
}
