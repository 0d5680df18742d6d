import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectIdentity, type IdentityDatabase } from '../../../drizzle/identity.ts'
import { forgetEnded } from '../../../src/identity/housekeeping.ts'
import { serve, startApp, type TestApp } from '../app.ts'
import { idOf } from '../keys.ts'
import { isIn } from './is-in.ts'

let app: TestApp
let database: IdentityDatabase
let userId: string

beforeAll(async () => {
  app = await startApp()
  database = connectIdentity({
    url: app.databaseUrl,
    max: 2,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  })
  userId = await idOf(app.seed, app.ana.email)
})
afterAll(async () => {
  await database.close()
  await app.close()
})

const now = new Date()
const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000)

/** Of each kind one that has ended and one that has not. */
async function seedBoth(): Promise<void> {
  for (const [word, minutes] of [
    ['over', -1],
    ['good', 60],
  ] as const) {
    const id = randomUUID()
    await app.seed.insert('auth.sessions', {
      id,
      user_id: userId,
      token: `${word} ${id}`,
      expires_at: at(minutes),
    })
    await app.seed.insert('auth.verifications', {
      id: randomUUID(),
      identifier: word,
      value: word,
      expires_at: at(minutes),
    })
    await app.seed.insert('auth.spent_codes', {
      user_id: userId,
      code_hash: Buffer.from(id),
      spent_at: at(word === 'over' ? -11 : -9),
    })
    await app.seed.insert('auth.rate_limits', {
      key: `${word} ${id}`,
      points: 3,
      expire: at(minutes).getTime(),
    })
  }
  // A count without an end blocks somebody for good.
  await app.seed.insert('auth.rate_limits', { key: `endless ${randomUUID()}`, points: 3 })
}

const left = async (statement: string) =>
  (await app.seed.client.query<{ word: string }>(statement)).rows.map(({ word }) => word)

test('what has ended is forgotten, and nothing else', async () => {
  await seedBoth()
  expect(await forgetEnded(database, now)).toEqual({ sessions: 1, verifications: 1, codes: 1, counts: 1 })
  expect(
    await left(`select split_part(token, ' ', 1) as word from auth.sessions where token like '% %'`),
  ).toEqual(['good'])
  expect(await left('select value as word from auth.verifications')).toEqual(['good'])
  expect(await left('select user_id as word from auth.spent_codes')).toHaveLength(1)
  expect(
    await left(
      `select split_part(key, ' ', 1) as word from auth.rate_limits where key similar to '(over|good|endless)%' order by 1`,
    ),
  ).toEqual(['endless', 'good'])
  expect(await forgetEnded(database, now)).toMatchObject({
    sessions: 0,
    verifications: 0,
    codes: 0,
    counts: 0,
  })
  expect(await isIn(app.ana)).toBe(true)
})

test('the web does so when it starts', async () => {
  await seedBoth()
  const web = await serve(app)
  await expect.poll(() => left(`select 'x' as word from auth.verifications where value = 'over'`)).toEqual([])
  await web.close()
})
