import { afterAll, beforeAll, expect, test } from 'vitest'
import pg from 'pg'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { seedBuilder } from '../src/seed.ts'
import { tidemark } from './tidemark.ts'

let database: TestDatabase
let client: pg.Client
beforeAll(async () => {
  database = await createTestDatabase()
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const seed = seedBuilder(client)
  const connection = await seed.connection(await seed.tenant('tidewell'), { name: 'ClientTether' })
  for (const units of ['2', 'two'])
    await seed.record('opportunities', connection, {
      status: 'open',
      custom: JSON.stringify({ licences: units, region: 'South' }),
    })
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

const fields = async (...args: string[]) => {
  const { code, out, err } = await tidemark(['connection', 'fields', ...args], { DATABASE_URL: database.url })
  return { code, words: out + err }
}

test('fields are listed, previewed, set, and taken back, each change a version with a line in the audit log', async () => {
  expect((await fields('list', 'ClientTether')).words).toMatch(/market +market[\s\S]*licences +2 filled/)
  const change = ['set', 'ClientTether', '--map', 'units=licences', '--custom', 'Area=region']
  const preview = await fields(...change, '--preview')
  expect(preview.words).toContain(
    'Units = licences: 1 of 2 deals get a value, such as “2”. 1 has one that is no',
  )
  expect(preview.words).toContain('Nothing was changed.')
  expect(await fields(...change, '--note', 'renamed')).toMatchObject({
    code: 0,
    words: expect.stringContaining('Version 2 of ClientTether waits for a worker'),
  })
  expect((await fields('back', 'ClientTether', '1')).words).toContain('Version 3 of ClientTether')
  expect((await fields('set', 'ClientTether', '--custom', 'licences=region')).words).toContain(
    'The CRM has a field named licences itself',
  )
  const around = await tidemark(
    ['connection', 'change', 'ClientTether', '--setting', 'fields.market=region'],
    {
      DATABASE_URL: database.url,
    },
  )
  expect([around.code, around.err]).toEqual([2, expect.stringContaining('These fields have versions')])
  const { rows } = await client.query(`select actor, deed from audit_log where deed = 'fields_mapped'`)
  expect(rows[0]).toEqual({ actor: 'command line', deed: 'fields_mapped' })
})
