import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp } from '../app.ts'
import { password } from '../people.ts'
import { stranger } from '../visitor.ts'

let app: TestApp
let tenantId: string

beforeAll(async () => {
  app = await startApp({ TRUSTED_PROXIES: '127.0.0.1' })
  tenantId = await app.seed.tenant('tidewell', { name: 'Tidewell Car Wash' })
})
afterAll(() => app.close())

const give = (email: string, given: string, from = '203.0.113.1') =>
  stranger(app.url).post('/sign-in', { email, password: given }, { 'x-forwarded-for': from })
const ask = (email: string, from = '203.0.113.1') =>
  stranger(app.url).post('/forgot', { email }, { 'x-forwarded-for': from })

/** What a page says, without what differs from request to request or was sent to it. */
const plain = async (answer: Response, email: string) =>
  (await answer.text())
    .replaceAll(email, 'EMAIL')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'NOW')
    // The clock goes on between two answers.
    .replace(/Wait [^,]+,/, 'Wait A WHILE,')

describe('whoever guesses a password', () => {
  test('waits after the fifth miss, twice as long after each, and is told how long', async () => {
    const { email } = await app.as('rep', tenantId)
    for (let miss = 0; miss < 5; miss++) {
      const answer = await give(email, `guess number ${miss}`)
      expect([answer.status, await answer.text()]).toEqual([
        401,
        expect.stringContaining('That email and password don&#39;t match.'),
      ])
    }
    const waits: number[] = []
    for (let miss = 5; miss < 8; miss++) {
      const refused = await give(email, password)
      expect(refused.status).toBe(429)
      waits.push(Number(refused.headers.get('retry-after')))
      expect(await refused.text()).toContain('Too many tries. Wait ')
      await app.seed.client.query(`delete from auth.rate_limits where key like 'wait:%'`)
      expect((await give(email, `guess number ${miss}`)).status).toBe(401)
    }
    expect(waits).toEqual([15, 30, 60])
    // Somewhere else nobody has to wait.
    expect((await give(email, password, '203.0.113.2')).status).toBe(303)
  })

  test('is stopped after ten misses over five addresses, also with the right password, and the owner hears of it', async () => {
    const { email } = await app.as('rep', tenantId)
    for (let miss = 0; miss < 10; miss++)
      expect((await give(email, `guess number ${miss}`, `198.51.100.${miss % 5}`)).status).toBe(401)
    for (const from of ['198.51.100.0', '198.51.100.77']) {
      const locked = await give(email, password, from)
      expect(locked.status).toBe(429)
      expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(800)
    }
    const told = app.logged.filter(({ to }) => to === email)
    expect(told.map(({ subject }) => subject)).toEqual(['Somebody tries to sign in to Tidemark as you'])
    const { rows } = await app.seed.client.query<{ address: string }>(
      `select distinct address from auth.events e join auth.users u on u.id = e.user_id
       where u.email = $1 and deed = 'sign_in_failed' order by 1`,
      [email],
    )
    expect(rows.map(({ address }) => address)).toEqual([0, 1, 2, 3, 4].map((last) => `198.51.100.${last}`))
    expect((await give((await app.as('rep', tenantId)).email, password, '198.51.100.0')).status).toBe(303)
  })

  test('gains nothing by sending everything at once', async () => {
    const { email } = await app.as('rep', tenantId)
    const burst = Array.from({ length: 40 }, (_, one) =>
      give(email, `guess number ${one}`, `198.51.100.${100 + one}`),
    )
    const statuses = (await Promise.all(burst)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(30)
    expect((await give(email, password, '198.51.100.250')).status).toBe(429)
    await expect.poll(() => app.logged.filter(({ to }) => to === email).length).toBe(1)
  })

  test('may try once after the rest, and no more until the next', async () => {
    const { email } = await app.as('rep', tenantId)
    for (let miss = 0; miss < 10; miss++) await give(email, `guess number ${miss}`, `198.51.100.${miss}`)
    await app.seed.client.query(`delete from auth.rate_limits where key like 'rest:%'`)
    expect((await give(email, 'one more guess', '198.51.100.20')).status).toBe(401)
    expect((await give(email, password, '198.51.100.21')).status).toBe(429)
    await app.seed.client.query(`delete from auth.rate_limits where key like 'rest:%'`)
    expect((await give(email, password, '198.51.100.22')).status).toBe(303)
    expect((await give(email, 'a slip', '198.51.100.22')).status).toBe(401)
    expect((await give(email, password, '198.51.100.22')).status).toBe(303)
  })

  test('starts anew after a success', async () => {
    const { email } = await app.as('rep', tenantId)
    for (const round of [1, 2]) {
      for (let miss = 0; miss < 4; miss++)
        expect((await give(email, `guess ${round} ${miss}`)).status).toBe(401)
      expect((await give(email, password)).status).toBe(303)
    }
  })
})

describe('no answer tells whether an address is known', () => {
  const medianOf = (times: number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0

  /** Medians of how long answers for each address take, asked by turns, so that both meet the same machine. */
  async function compare(
    known: string,
    unknown: string,
    request: (email: string, turn: number) => Promise<Response>,
  ) {
    const times: Record<string, number[]> = { [known]: [], [unknown]: [] }
    const answers: Record<string, [number, string][]> = { [known]: [], [unknown]: [] }
    for (let turn = 0; turn < 15; turn++) {
      for (const email of [known, unknown]) {
        const startedMs = performance.now()
        const answer = await request(email, turn)
        times[email]?.push(performance.now() - startedMs)
        answers[email]?.push([answer.status, await plain(answer, email)])
      }
    }
    expect(answers[known]).toEqual(answers[unknown])
    return medianOf(times[known] ?? []) / medianOf(times[unknown] ?? [])
  }

  test('at sign-in: neither status nor words nor, by far, time', async () => {
    const { email } = await app.as('rep', tenantId)
    const ratio = await compare(email, 'nobody-of-that-name@example.com', (one, turn) =>
      give(one, 'not the password', `192.0.2.${turn}`),
    )
    expect(ratio).toBeGreaterThan(1 / 4)
    expect(ratio).toBeLessThan(4)
  })

  test('at "Forgot it?": neither status nor words nor, by far, time', async () => {
    const { email } = await app.as('rep', tenantId)
    const ratio = await compare(email, 'nobody-of-that-name-either@example.com', (one, turn) =>
      ask(one, `192.0.2.${turn}`),
    )
    expect(ratio).toBeGreaterThan(1 / 4)
    expect(ratio).toBeLessThan(4)
  })
})

describe('a mailbox', () => {
  const linksTo = (email: string) => app.logged.filter(({ to, link }) => to === email && link !== undefined)

  test('is not flooded from one place: whoever asks a fourth time is told to wait, known or not', async () => {
    const { email } = await app.as('rep', tenantId)
    for (const one of [email, 'stranger-without-mail@example.com']) {
      const statuses: number[] = []
      for (let wish = 0; wish < 4; wish++) statuses.push((await ask(one)).status)
      expect(statuses).toEqual([200, 200, 200, 429])
    }
    await expect.poll(() => linksTo(email).length).toBe(3)
  })

  test('is not flooded from many places either, and nobody can tell', async () => {
    const { email } = await app.as('rep', tenantId)
    for (let wish = 0; wish < 9; wish++) expect((await ask(email, `192.0.2.${100 + wish}`)).status).toBe(200)
    await expect.poll(() => linksTo(email).length).toBe(6)
  })
})
