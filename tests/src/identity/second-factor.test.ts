import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp } from '../app.ts'
import { seedKey } from '../keys.ts'
import { password } from '../people.ts'
import { stranger, type Visitor } from '../visitor.ts'
import { codeOf, enrol, wrongCodes } from './authenticator.ts'
import { isIn } from './is-in.ts'

let app: TestApp
let tenantId: string
const page = '/w/tidewell/settings/security'
const wrong = expect.stringContaining('That code didn&#39;t match.') as string

beforeAll(async () => {
  app = await startApp()
  tenantId = await app.seed.tenant('tidewell', { name: 'Tidewell Car Wash' })
})
afterAll(() => app.close())

/** Gives the password; a code is asked for next. */
async function passwordOf(email: string): Promise<Visitor> {
  const visitor = stranger(app.url, email)
  const answer = await visitor.post('/sign-in?next=/w/tidewell/overview', { email, password })
  expect(answer.headers.get('location')).toBe('/sign-in/code?next=%2Fw%2Ftidewell%2Foverview')
  expect(await isIn(visitor)).toBe(false)
  return visitor
}

const give = (visitor: Visitor, code: string, more: Record<string, string> = {}) =>
  visitor.post('/sign-in/code?next=/w/tidewell/overview', { code, ...more })

const statusesOf = (answers: Response[]) => answers.map(({ status }) => status).toSorted((a, b) => a - b)

/** The growing waits of one browser are tried elsewhere. */
const nobodyWaits = () => app.seed.client.query(`delete from auth.rate_limits where key like 'wait:%'`)

async function eventsOf(email: string): Promise<string[]> {
  const { rows } = await app.seed.client.query<{ deed: string }>(
    'select deed from auth.events where user_id = (select id from auth.users where email = $1) order by id',
    [email],
  )
  return rows.map(({ deed }) => deed)
}

describe('setting up codes', () => {
  test('takes the password and a first code, ends other sessions, and shows ten recovery codes once', async () => {
    const rep = await app.as('rep', tenantId)
    const elsewhere = stranger(app.url, rep.email)
    await elsewhere.post('/sign-in', { email: rep.email, password })
    expect(await isIn(elsewhere)).toBe(true)
    const before = rep.cookies.get('tidemark.session_token')

    const wrong = await rep.post(page, { action: 'enrol', password: 'not my password' })
    expect([wrong.status, await wrong.text()]).toEqual([
      401,
      expect.stringContaining('not your present password'),
    ])
    const { recoveryCodes, answer } = await enrol(rep, 'tidewell')
    expect(answer.status).toBe(200)
    expect(new Set(recoveryCodes).size).toBe(10)
    for (const code of recoveryCodes) expect(code).toMatch(/^[2-9a-z]{5}-[2-9a-z]{5}$/)

    expect(rep.cookies.get('tidemark.session_token')).not.toBe(before)
    expect(await isIn(rep)).toBe(true)
    expect(await isIn(elsewhere)).toBe(false)
    const later = await (await rep.get(page)).text()
    for (const code of recoveryCodes) expect(later).not.toContain(code)
    expect(await eventsOf(rep.email)).toContain('second_factor_on')
  })

  test('another session, or one that never gave the password, neither sees the secret nor ends it', async () => {
    const owner = await app.as('rep', tenantId)
    const thief = stranger(app.url, owner.email)
    await thief.post('/sign-in', { email: owner.email, password })
    await owner.post(page, { action: 'enrol', password })
    expect(await (await owner.get(page)).text()).toContain('type this key')
    expect(await (await thief.get(page)).text()).not.toContain('type this key')
    const answer = await thief.post(page, { action: 'confirm', code: '123456' })
    expect(answer.status).toBe(409)
  })

  test('a wrong first code changes nothing, and the secret is still there to be scanned', async () => {
    const rep = await app.as('rep', tenantId)
    await rep.post(page, { action: 'enrol', password })
    const answer = await rep.post(page, { action: 'confirm', code: 'abc' })
    expect(answer.status).toBe(401)
    expect(await answer.text()).toContain('type this key')
    expect(
      (await stranger(app.url).post('/sign-in', { email: rep.email, password })).headers.get('location'),
    ).toBe('/w')
  })

  test('turning them off takes the password, and is refused where a workspace demands them', async () => {
    const demanding = await app.seed.tenant('strict', { name: 'Strict & Sons', requires_second_factor: true })
    const rep = await app.as('rep', demanding)
    expect((await rep.get('/w/strict/overview')).headers.get('location')).toBe(
      '/w/strict/settings/security?enrol=1',
    )
    expect(await (await rep.get('/w/strict/settings/security?enrol=1')).text()).toContain(
      'asks everybody for a second factor',
    )
    await enrol(rep, 'strict')
    expect((await rep.get('/w/strict/overview')).status).toBe(200)
    const kept = await rep.post('/w/strict/settings/security', { action: 'off', password })
    expect(kept.status).toBe(409)
    expect(await kept.text()).toContain('Strict &amp; Sons asks for a second factor')

    const free = await app.as('rep', tenantId)
    await enrol(free, 'tidewell')
    expect((await free.post(page, { action: 'off', password: 'a wrong password' })).status).toBe(401)
    expect((await free.post(page, { action: 'off', password })).headers.get('location')).toBe(
      `${page}?done=off`,
    )
    expect(await isIn(free)).toBe(true)
    expect(
      (await stranger(app.url).post('/sign-in', { email: free.email, password })).headers.get('location'),
    ).toBe('/w')
    expect(await eventsOf(free.email)).toContain('second_factor_off')
  })
})

describe('signing in with a code', () => {
  test('is needed after the password, leads to the page that was wanted, and begins a new session', async () => {
    const rep = await app.as('rep', tenantId)
    const { secret } = await enrol(rep, 'tidewell')
    const visitor = await passwordOf(rep.email)
    expect(visitor.cookies.has('tidemark.session_token')).toBe(false)
    expect(await (await visitor.get('/sign-in/code')).text()).toContain(rep.email)
    const code = codeOf(secret, 1)
    const answer = await give(visitor, ` ${code.slice(0, 3)} ${code.slice(3)} `)
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/w/tidewell/overview'])
    expect(await isIn(visitor)).toBe(true)
    expect(await eventsOf(rep.email)).toEqual(expect.arrayContaining(['second_factor_on', 'signed_in']))
  })

  test('a code works once: not at enrolment and again, not twice, not twice at the same moment', async () => {
    const rep = await app.as('rep', tenantId)
    const { secret, code } = await enrol(rep, 'tidewell')
    const first = await passwordOf(rep.email)
    const spent = await give(first, code)
    const next = codeOf(secret, 1)
    expect([spent.status, await spent.text()]).toEqual([401, wrong])

    const second = await passwordOf(rep.email)
    const both = await Promise.all([give(first, next), give(second, next)])
    expect(statusesOf(both)).toEqual([303, 401])
    const third = await passwordOf(rep.email)
    const again = await give(third, next)
    expect([again.status, await again.text()]).toEqual([401, wrong])
  })

  test('a recovery code works once, however it is typed', async () => {
    const rep = await app.as('rep', tenantId)
    const { recoveryCodes } = await enrol(rep, 'tidewell')
    const [code = ''] = recoveryCodes
    const visitors = await Promise.all([passwordOf(rep.email), passwordOf(rep.email)])
    const typed = ` ${code.toUpperCase().replace('-', ' ')} `
    const answers = await Promise.all(visitors.map((visitor) => give(visitor, typed)))
    expect(statusesOf(answers)).toEqual([303, 401])
    expect((await give(await passwordOf(rep.email), code)).status).toBe(401)
    expect((await give(await passwordOf(rep.email), recoveryCodes[1] ?? '')).status).toBe(303)
  })

  test('new recovery codes make the former ones worthless', async () => {
    const rep = await app.as('rep', tenantId)
    const { recoveryCodes } = await enrol(rep, 'tidewell')
    const answer = await rep.post(page, { action: 'codes', password })
    expect(answer.status).toBe(200)
    expect(await answer.text()).not.toContain(recoveryCodes[0])
    expect((await give(await passwordOf(rep.email), recoveryCodes[0] ?? '')).status).toBe(401)
    expect(await eventsOf(rep.email)).toContain('recovery_codes_made')
  })

  test('a trusted browser is not asked again, until the password changes', async () => {
    const rep = await app.as('rep', tenantId)
    const { recoveryCodes } = await enrol(rep, 'tidewell')
    const visitor = await passwordOf(rep.email)
    expect((await give(visitor, recoveryCodes[0] ?? '', { trust: 'on' })).status).toBe(303)
    const again = async () => {
      await visitor.post('/sign-out')
      const answer = await visitor.post('/sign-in', { email: rep.email, password })
      return answer.headers.get('location')
    }
    expect(await again()).toBe('/w')
    await visitor.post(page, { action: 'password', password, next: password })
    expect(await again()).toBe('/sign-in/code?next=%2Fw')
  })

  test('ten wrong codes lock it for 15 minutes, over several sign-ins, also for the right one, and tell the owner', async () => {
    const rep = await app.as('rep', tenantId)
    const { secret, recoveryCodes } = await enrol(rep, 'tidewell')
    const statuses: number[] = []
    const codes = wrongCodes(secret, 10)
    for (const batch of [codes.slice(0, 5), codes.slice(5)]) {
      const visitor = await passwordOf(rep.email)
      for (const code of batch) {
        statuses.push((await give(visitor, code)).status)
        await nobodyWaits()
      }
    }
    expect(statuses).toEqual(Array(10).fill(401))
    const visitor = await passwordOf(rep.email)
    for (const code of [codeOf(secret, 1), recoveryCodes[0] ?? '']) {
      const answer = await give(visitor, code)
      expect(answer.status).toBe(429)
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(800)
      expect(await answer.text()).toMatch(/Too many codes\. Wait 1[45] min/)
    }
    expect((await eventsOf(rep.email)).filter((deed) => deed === 'second_factor_failed')).toHaveLength(10)
    const told = app.logged.filter(({ to }) => to === rep.email)
    expect(told.map(({ subject }) => subject)).toEqual([
      'Codes are on for your Tidemark sign-in',
      'Somebody knows your Tidemark password',
    ])
  })

  test('after five wrong codes the password is asked for again', async () => {
    const rep = await app.as('rep', tenantId)
    const { secret } = await enrol(rep, 'tidewell')
    const visitor = await passwordOf(rep.email)
    for (const code of wrongCodes(secret, 5)) await give(visitor, code)
    expect((await give(visitor, codeOf(secret, 1))).status).toBe(429)
    await nobodyWaits()
    const over = await give(visitor, codeOf(secret, 1))
    expect(over.headers.get('location')).toMatch(/^\/sign-in\?error=code_over/)
    expect(await isIn(visitor)).toBe(false)
  })

  test('is not given with the code of somebody else who shows a key and is signed in', async () => {
    const owner = await app.as('rep', tenantId)
    await enrol(owner, 'tidewell')
    const guesser = await app.as('rep', tenantId)
    const { secret } = await enrol(guesser, 'tidewell')
    const { headers } = await seedKey(app.seed, tenantId, guesser.email)
    const half = await passwordOf(owner.email)
    for (const [name, value] of guesser.cookies) half.cookies.set(name, value)
    const before = await eventsOf(owner.email)
    const answer = await half.post('/sign-in/code', { code: codeOf(secret, 1) }, headers)
    expect([answer.status, await answer.json()]).toEqual([
      403,
      { error: expect.objectContaining({ code: 'not_for_programs' }) as unknown },
    ])
    // Neither are the misses of the owner forgotten, nor does their log say that they came in.
    expect(await eventsOf(owner.email)).toEqual(before)
  })

  test('without a first factor there is nothing to give a code for', async () => {
    const nobody = stranger(app.url)
    for (const answer of [await nobody.get('/sign-in/code'), await give(nobody, '123456')])
      expect(answer.headers.get('location')).toMatch(/^\/sign-in\?error=code_over/)
    nobody.cookies.set('tidemark.two_factor', '2fa-guess.c2lnbmF0dXJl')
    expect((await give(nobody, '123456')).headers.get('location')).toMatch(/^\/sign-in\?error=code_over/)
  })
})
