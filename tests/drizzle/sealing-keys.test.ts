import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import pg from 'pg'
import { connect, type Database, type DatabaseRole } from '../../drizzle/db.ts'
import { openKeyring, type Keyring } from '../../drizzle/seal.ts'
import {
  publishFirstSealingKey,
  publishSealingKey,
  readSealingKey,
  replaceSealingKey,
} from '../../drizzle/sealing-keys.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const tenantId = '0193a000-0000-7000-8000-000000000001'
const [first, second] = [
  'the first secret of this installation, long enough',
  'the second secret of this installation, long enough',
] as const

let testDatabase: TestDatabase
let client: pg.Client
let worker: Database
let web: Database
let before: Keyring
let after: Keyring

const open = (role: DatabaseRole) =>
  connect({ url: testDatabase.url, role, max: 4, statementTimeoutMs: 10_000, onError: () => undefined })

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  client = new pg.Client({ connectionString: testDatabase.url })
  await client.connect()
  worker = open('tidemark_worker')
  web = open('tidemark_web')
  before = await openKeyring([first])
  after = await openKeyring([second, first])
})
afterAll(async () => {
  await worker.close()
  await web.close()
  await client.end()
  await testDatabase.drop()
})
beforeEach(async () => {
  await client.query('delete from sealing_keys')
})

const published = () => web.asTenant(tenantId, readSealingKey)

describe('the key that the web seals with', () => {
  test('is not there before the first worker has started', async () => {
    expect(await published()).toBeUndefined()
  })

  test('is the one published last', async () => {
    await publishSealingKey(worker, before)
    expect(await published()).toEqual(before.current)
    expect(await publishSealingKey(worker, after)).toEqual(after.current)
    expect(await published()).toEqual(after.current)
  })

  test('is nothing that the web may say itself', async () => {
    await expect(publishSealingKey(web, before)).rejects.toThrow('permission denied')
  })

  test('comes back with an operator who goes back, and knows of both', async () => {
    await publishSealingKey(worker, before)
    await publishSealingKey(worker, after)
    const back = await openKeyring([first, second])
    expect(await publishSealingKey(worker, back)).toEqual(before.current)
    expect(await published()).toEqual(before.current)
  })

  test('is not changed by a worker left behind, which is told so', async () => {
    await publishSealingKey(worker, before)
    await publishSealingKey(worker, after)
    expect(await publishSealingKey(worker, before)).toEqual(after.current)
    expect(await published()).toEqual(after.current)
  })

  test('is only changed by the command line when it says so', async () => {
    expect(await publishFirstSealingKey(worker, before.current)).toBe(true)
    expect(await publishFirstSealingKey(worker, after.current)).toBe(false)
    expect(await published()).toEqual(before.current)
    await replaceSealingKey(worker, after.current)
    expect(await published()).toEqual(after.current)
    await replaceSealingKey(worker, before.current)
    expect(await published()).toEqual(before.current)
  })
})

test('a change of the key waits for what is being stored under the former one', async () => {
  await publishSealingKey(worker, before)
  const { promise: stored, resolve: store } = Promise.withResolvers<void>()
  const { promise: read, resolve: hasRead } = Promise.withResolvers<void>()
  const storing = web.asTenant(tenantId, async (tx) => {
    await readSealingKey(tx)
    hasRead()
    await stored
  })
  await read
  let isReplaced = false
  const replacing = replaceSealingKey(worker, after.current).then(() => (isReplaced = true))
  await sleep(200)
  expect(isReplaced).toBe(false)
  store()
  await Promise.all([storing, replacing])
  expect(await published()).toEqual(after.current)
})
