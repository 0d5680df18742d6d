import { performance } from 'node:perf_hooks'
import { hashPassword } from 'better-auth/crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isGuessable } from '../../../src/identity/guessable.ts'
import { startApp, type TestApp } from '../app.ts'
import { password } from '../people.ts'
import { stranger } from '../visitor.ts'

const about = ['zoe.quill@example.com', 'Zoe Quill']

test.each([
  'password1234',
  'passwordpassword',
  'qwertyuiop12',
  '1qaz2wsx3edc',
  '123456789012',
  'aaaaaaaaaaaa',
  'abcdefghijkl',
  'iloveyouiloveyou',
  'letmeinletmein',
  'tidemarktidemark',
  'zoequillzoequill',
  'zoe.quill@example.com',
  'p@ssw0rdp@ssw0rd',
  'x'.repeat(128),
])('%s is among the first that are tried', async (guess) => {
  expect(await isGuessable(guess, about)).toBe(true)
})

test.each([
  'low tide at nine',
  'correct horse battery staple',
  'aB3$kd9!xQz2',
  'seven slow tides',
  'Über sieben Brücken',
])('%s is not', async (good) => {
  expect(await isGuessable(good, about)).toBe(false)
})

test('the longest one, whatever is in it, is looked at within a fifth of a second', async () => {
  await isGuessable(password, about)
  const patterns = ['aA1!', 'password', '4@$3', 'qwerty123!', '12.11.2026', 'abcABC123', 'tidemark']
  for (const pattern of patterns) {
    const took: number[] = []
    // The quickest of five: what else the machine does is not measured.
    for (let round = 0; round < 5; round++) {
      const startedMs = performance.now()
      await isGuessable(pattern.repeat(32).slice(0, 128), about)
      took.push(performance.now() - startedMs)
    }
    expect(Math.min(...took), pattern).toBeLessThan(200)
  }
})

test('a hash of a password takes long enough that guessing many is slow', async () => {
  const took: number[] = []
  for (let round = 0; round < 5; round++) {
    const startedMs = performance.now()
    await hashPassword(password)
    took.push(performance.now() - startedMs)
  }
  expect(Math.min(...took)).toBeGreaterThan(20)
})

describe('such a password', () => {
  let app: TestApp
  let tenantId: string
  const words = 'among the first that somebody would try'
  beforeAll(async () => {
    app = await startApp()
    tenantId = await app.seed.tenant('tidewell')
  })
  afterAll(() => app.close())

  const linkFor = (to: string) => {
    const line = app.logged.findLast((one) => one['to'] === to && one['link'] !== undefined)
    return new URL(line === undefined ? 'http://nowhere' : String(line['link']))
  }

  test('is taken by no page: not with the present one, not by a link, not with an invitation', async () => {
    const rep = await app.as('rep', tenantId)
    const change = { action: 'password', password, next: 'password1234' }
    const own = await rep.post('/w/tidewell/settings/security', change)
    expect([own.status, await own.text()]).toEqual([422, expect.stringContaining(words)])

    await stranger(app.url).post('/forgot', { email: rep.email })
    await expect.poll(() => linkFor(rep.email).pathname).toBe('/reset')
    const token = linkFor(rep.email).searchParams.get('token') ?? ''
    const reset = await stranger(app.url).post('/reset', { token, password: 'qwertyuiop12' })
    expect([reset.status, await reset.text()]).toEqual([422, expect.stringContaining(words)])
    // The password there was is still good, and so is the link.
    expect((await stranger(app.url).post('/sign-in', { email: rep.email, password })).status).toBe(303)
    expect((await stranger(app.url).post('/reset', { token, password: 'seven slow tides' })).status).toBe(303)

    const email = 'newcomer@example.com'
    await app.ana.post('/w/tidewell/settings/members', { deed: 'invite', emails: email, role: 'rep' })
    const form = { deed: 'new', name: 'New Comer', password: 'newcomernewcomer' }
    const joined = await stranger(app.url).post(linkFor(email).pathname, form)
    expect([joined.status, await joined.text()]).toEqual([400, expect.stringContaining(words)])
  })
})
