import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from './database.ts'

test('two test databases are migrated and know nothing of each other', async () => {
  const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()])
  const client = new pg.Client({ connectionString: one.url })
  await client.connect()
  await client.query('create table only_here ()')
  const { rows } = await client.query(`select to_regclass('tenants') is not null as migrated`)
  expect(rows).toEqual([{ migrated: true }])
  await client.end()

  const other = new pg.Client({ connectionString: two.url })
  await other.connect()
  expect((await other.query(`select to_regclass('only_here') as name`)).rows).toEqual([{ name: null }])
  await other.end()
  await Promise.all([one.drop(), two.drop()])
})
