import { afterAll, beforeAll, expect, test } from 'vitest'
import { arrange, rosewood, type Arrangement } from './arrange.ts'

let all: Arrangement
beforeAll(async () => {
  const account = (webKey: string, people: number) => ({ ...rosewood, webKey, people, notesPerPerson: 0 })
  all = await arrange([account('CT_small', 24), account('CT_empty', 0), account('CT_large', 1_200)])
})
afterAll(() => all.close())

/** How often the tables of records were looked at for the planner; what Postgres does by itself is not counted. */
async function taken(): Promise<number> {
  const { rows } = await all.db.query<{ taken: number }>(
    `select max(analyze_count)::int as taken from pg_stat_user_tables where relname in ('leads', 'activities', 'opportunities')`,
  )
  return rows[0]?.taken ?? NaN
}

test('a first load of few rows, and a list that is empty hour after hour, take no statistics of all clients’ tables', async () => {
  for (const webKey of ['CT_small', 'CT_empty']) {
    const client = await all.connect(webKey)
    await client.sync()
    await client.sync()
  }
  expect(await taken()).toBe(0)
})

test('a first load of many rows takes them once it is there, and the next run does not take them again', async () => {
  const client = await all.connect('CT_large')
  const { streams } = await client.sync()
  expect(streams.leads?.created).toBe(1_200)
  await expect.poll(taken).toBeGreaterThan(0)
  const after = await taken()
  await client.sync()
  expect(await taken()).toBe(after)
})

test('two first loads that end at the same moment do not wait for each other', async () => {
  const other = await all.db.connect()
  try {
    await other.query('begin')
    await other.query('select app.analyze_records()')
    await all.database.outsideTenants.query('select app.analyze_records()')
  } finally {
    await other.query('rollback')
    other.release()
  }
})
