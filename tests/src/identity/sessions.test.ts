import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserOf } from '../../../src/identity/sessions.ts'
import { serve, startApp, type TestApp } from '../app.ts'
import { password } from '../people.ts'
import { stranger, visit, type Visitor } from '../visitor.ts'
import { isIn } from './is-in.ts'

let app: TestApp
let tenantId: string
const page = '/w/tidewell/settings/security'
const name = 'tidemark.session_token'

beforeAll(async () => {
  app = await startApp()
  tenantId = await app.seed.tenant('tidewell', { name: 'Tidewell Car Wash' })
})
afterAll(() => app.close())

const rep = () => app.as('rep', tenantId)
const tokenOf = (visitor: Visitor) =>
  decodeURIComponent(visitor.cookies.get(name) ?? '').replace(/\.[^.]*$/, '')

/** A second browser with the same cookies, as a thief has it. */
function copyOf(visitor: Visitor): Visitor {
  const copy = stranger(app.url, visitor.email)
  for (const [cookie, value] of visitor.cookies) copy.cookies.set(cookie, value)
  return copy
}

const change = (visitor: Visitor, set: string) =>
  app.seed.client.query(`update auth.sessions set ${set} where token = $1`, [tokenOf(visitor)])

async function eventsOf({ email }: Visitor): Promise<{ deed: string; detail: unknown }[]> {
  const { rows } = await app.seed.client.query<{ deed: string; detail: unknown }>(
    'select deed, detail from auth.events where user_id = (select id from auth.users where email = $1) order by id',
    [email],
  )
  return rows
}

describe('a session', () => {
  test('is a new one at every sign-in; a cookie from before is not taken over', async () => {
    const owner = await rep()
    const fixed = stranger(app.url)
    fixed.cookies.set(name, owner.cookies.get(name) ?? '')
    await fixed.post('/sign-in', { email: app.ana.email, password })
    expect(tokenOf(fixed)).not.toBe(tokenOf(owner))
    expect(await (await fixed.get('/w/tidewell/overview')).text()).toContain('Ana Ruiz')

    const planted = stranger(app.url)
    planted.cookies.set(name, 'chosen-by-somebody.c2lnbmF0dXJl')
    expect(await isIn(planted)).toBe(false)
    await planted.post('/sign-in', { email: owner.email, password })
    expect(tokenOf(planted)).toMatch(/^\w{32}$/)
    expect(tokenOf(planted)).not.toContain('chosen')
  })

  test('whose signature is not ours is nobody’s, although its token is good', async () => {
    const owner = await rep()
    const forged = stranger(app.url)
    forged.cookies.set(name, encodeURIComponent(`${tokenOf(owner)}.${'A'.repeat(43)}=`))
    expect(await isIn(forged)).toBe(false)
  })

  test('gets a new token after a day; the old one ends within a minute', async () => {
    const owner = await rep()
    const thief = copyOf(owner)
    const before = tokenOf(owner)
    await owner.get('/w')
    expect(tokenOf(owner)).toBe(before)
    await change(owner, `created_at = now() - interval '25 hours'`)
    expect(await isIn(owner)).toBe(true)
    expect(tokenOf(owner)).not.toBe(before)
    const { rows } = await app.seed.client.query<{ seconds: number }>(
      'select extract(epoch from expires_at - now())::float as seconds from auth.sessions where token = $1',
      [before],
    )
    expect(rows[0]?.seconds).toBeGreaterThan(30)
    expect(rows[0]?.seconds).toBeLessThanOrEqual(60)
    // What was under way with the old one is still answered, and gets no session out of it.
    expect(await isIn(thief)).toBe(true)
    expect(tokenOf(thief)).toBe(before)
    await change(thief, `expires_at = now() - interval '1 second'`)
    expect(await isIn(thief)).toBe(false)
    expect(await isIn(owner)).toBe(true)
  })

  test('keeps what it is while its token is replaced: when it began, and where it can be ended', async () => {
    const owner = await rep()
    const other = await visit(app.url, owner.email)
    const idOf = async () => {
      const list = await (await owner.get(page)).text()
      expect(list.match(/name="session" value/g)).toHaveLength(1)
      return /name="session" value="([^"]+)"/.exec(list)?.[1] ?? ''
    }
    const before = await idOf()
    await change(other, `created_at = now() - interval '25 hours'`)
    await other.get('/w')
    expect(await idOf()).toBe(before)
    // The page with the button was open while the token was replaced: both tokens end.
    const stale = copyOf(other)
    await change(other, `renewed_at = now() - interval '25 hours'`)
    await other.get('/w')
    expect([await isIn(other), await isIn(stale)]).toEqual([true, true])
    await owner.post(page, { action: 'end', session: before })
    expect([await isIn(other), await isIn(stale)]).toEqual([false, false])
  })

  test('gets one new token when many requests come at once, and none of them is signed out', async () => {
    const owner = await rep()
    const before = tokenOf(owner)
    await change(owner, `created_at = now() - interval '25 hours'`)
    const tabs = Array.from({ length: 12 }, () => copyOf(owner))
    const answers = await Promise.all(tabs.map((tab) => tab.get('/w/tidewell/settings/security')))
    expect(answers.map(({ status }) => status)).toEqual(tabs.map(() => 200))
    const tokens = new Set(tabs.map(tokenOf))
    expect(tokens.size).toBe(2)
    expect(tokens.delete(before)).toBe(true)
    const { rows } = await app.seed.client.query<{ token: string; isOld: boolean }>(
      `select token, renewed_into is not null as "isOld" from auth.sessions s join auth.users u on u.id = s.user_id
        where u.email = $1 order by 2`,
      [owner.email],
    )
    expect(rows).toEqual([
      { token: [...tokens][0], isOld: false },
      { token: before, isOld: true },
    ])
    for (const tab of tabs) expect(await isIn(tab)).toBe(true)
  })

  test('ends with the sign-out also where its token was replaced a moment ago', async () => {
    const owner = await rep()
    const late = copyOf(owner)
    await change(owner, `created_at = now() - interval '25 hours'`)
    await owner.get('/w')
    await late.post('/sign-out')
    expect([await isIn(owner), await isIn(late)]).toEqual([false, false])
  })

  test('gets a new token also where the page then fails', async () => {
    const owner = await rep()
    const before = tokenOf(owner)
    await change(owner, `created_at = now() - interval '25 hours'`)
    await app.seed.client.query('alter table stream_cursors rename to hidden')
    const answer = await owner.get('/w/tidewell/sync')
    await app.seed.client.query('alter table hidden rename to stream_cursors')
    expect(answer.status).toBe(500)
    expect(tokenOf(owner)).not.toBe(before)
    expect(await isIn(owner)).toBe(true)
  })

  test.each(['', 'x', '1; drop'])('that no session is called ends nothing: %j', async (session) => {
    const owner = await rep()
    const answer = await owner.post('/w/tidewell/settings/security', { action: 'end', session })
    expect([answer.status, await isIn(owner)]).toEqual([303, true])
  })

  test('is begun for no address with a NUL in it, and nothing fails over it', async () => {
    const answer = await stranger(app.url).post('/sign-in', {
      email: 'a\0b@example.com',
      password: 'low tide',
    })
    expect(answer.status).toBe(401)
  })

  test('that is over leads to the sign-in, and back afterwards', async () => {
    const owner = await rep()
    await change(owner, `expires_at = now() - interval '1 second'`)
    const answer = await owner.get('/w/tidewell/sync?a=b')
    expect([answer.status, answer.headers.get('location')]).toEqual([
      303,
      '/sign-in?next=%2Fw%2Ftidewell%2Fsync%3Fa%3Db',
    ])
    const signedIn = await owner.post('/sign-in?next=%2Fw%2Ftidewell%2Fsync%3Fa%3Db', {
      email: owner.email,
      password,
    })
    expect(signedIn.headers.get('location')).toBe('/w/tidewell/sync?a=b')
  })

  test('ends with the sign-out, also for whoever copied its cookie', async () => {
    const owner = await rep()
    const thief = copyOf(owner)
    expect((await owner.post('/sign-out')).headers.get('location')).toBe('/sign-in?done=out')
    expect(owner.cookies.has(name)).toBe(false)
    expect(await isIn(thief)).toBe(false)
    expect((await owner.post('/sign-out')).status).toBe(303)
    expect((await eventsOf(owner)).at(-1)?.deed).toBe('signed_out')
  })

  test('lasts seven days, in a cookie that scripts and other sites never get', async () => {
    const { email } = await rep()
    const flagsOf = async (url: string, headers: Record<string, string> = {}) => {
      const answer = await stranger(url).post('/sign-in', { email, password }, headers)
      expect(answer.status).toBe(303)
      return answer.headers.getSetCookie()
    }
    const [plain = ''] = await flagsOf(app.url)
    expect(plain).toMatch(/^tidemark\.session_token=[^;]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/)
    const publicUrl = 'https://sync.example.com'
    const behindTls = await serve(app, { PUBLIC_URL: publicUrl })
    try {
      const [sealed = ''] = await flagsOf(behindTls.url, { origin: publicUrl })
      expect(sealed).toMatch(
        /^__Host-tidemark\.session_token=[^;]+; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      )
    } finally {
      await behindTls.close()
    }
  })
})

describe('the page of one’s own sign-in', () => {
  test('lists one’s sessions, marks this one, and ends another with the next request', async () => {
    const owner = await rep()
    const other = await visit(app.url, owner.email)
    const list = await (await owner.get(page)).text()
    expect(list.match(/This one/g)).toHaveLength(1)
    const [, id = ''] = /name="session" value="([^"]+)"/.exec(list) ?? []
    expect(await isIn(other)).toBe(true)
    expect((await owner.post(page, { action: 'end', session: id })).headers.get('location')).toBe(
      `${page}?done=ended`,
    )
    expect(await isIn(other)).toBe(false)
    expect(await isIn(owner)).toBe(true)
  })

  test('ends nobody else’s session', async () => {
    const [owner, victim] = [await rep(), await rep()]
    const { rows } = await app.seed.client.query<{ id: string }>(
      'select id from auth.sessions where token = $1',
      [tokenOf(victim)],
    )
    for (const session of [rows[0]?.id ?? '', 'x', '']) await owner.post(page, { action: 'end', session })
    expect(await isIn(victim)).toBe(true)
  })

  test('signs out everywhere', async () => {
    const owner = await rep()
    const other = await visit(app.url, owner.email)
    expect((await owner.post(page, { action: 'end_all' })).headers.get('location')).toBe(
      '/sign-in?done=everywhere',
    )
    expect([await isIn(owner), await isIn(other)]).toEqual([false, false])
    expect((await eventsOf(owner)).at(-1)).toEqual({ deed: 'sessions_ended', detail: { which: 'all' } })
  })

  test('changes the password: the present one is asked for, other sessions end, links to a new one are over', async () => {
    const owner = await rep()
    const other = await visit(app.url, owner.email)
    const before = tokenOf(owner)
    const next = 'high tide at ten'
    const wrong = await owner.post(page, { action: 'password', password: 'not this one', next })
    expect([wrong.status, await wrong.text()]).toEqual([
      401,
      expect.stringContaining('not your present password'),
    ])
    const short = await owner.post(page, { action: 'password', password, next: 'elevenchars' })
    expect([short.status, await short.text()]).toEqual([422, expect.stringContaining('12 to 128 characters')])
    expect(await isIn(other)).toBe(true)

    const answer = await owner.post(page, { action: 'password', password, next })
    expect(answer.headers.get('location')).toBe(`${page}?done=password`)
    expect([await isIn(owner), await isIn(other)]).toEqual([true, false])
    expect(tokenOf(owner)).not.toBe(before)
    expect((await stranger(app.url).post('/sign-in', { email: owner.email, password })).status).toBe(401)
    expect((await stranger(app.url).post('/sign-in', { email: owner.email, password: next })).status).toBe(
      303,
    )
    const told = app.logged.filter(({ to }) => to === owner.email)
    expect(told.map(({ subject }) => subject)).toEqual(['Your Tidemark password was changed'])
  })

  test('keeps a password as a salted scrypt hash: the same one twice looks like two', async () => {
    const kept: string[] = []
    for (const owner of [await rep(), await rep()]) {
      await owner.post(page, { action: 'password', password, next: 'the same for both' })
      const { rows } = await app.seed.client.query<{ password: string }>(
        'select password from auth.accounts a join auth.users u on u.id = a.user_id where u.email = $1',
        [owner.email],
      )
      kept.push(rows[0]?.password ?? '')
    }
    for (const one of kept) expect(one).toMatch(/^[0-9a-f]{32}:[0-9a-f]{128}$/)
    expect(kept[0]).not.toBe(kept[1])
  })

  test('slows down whoever guesses the present password with a session that is not theirs', async () => {
    const owner = await rep()
    const statuses: number[] = []
    for (let miss = 0; miss < 6; miss++)
      statuses.push((await owner.post(page, { action: 'off', password: `guess number ${miss}` })).status)
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
  })

  test('says what it does not know how to do', async () => {
    const answer = await (await rep()).post(page, { action: 'none' })
    expect(answer.status).toBe(422)
  })

  test('shows somebody without a password how to come to one', async () => {
    const owner = await rep()
    await app.seed.client.query(
      'delete from auth.accounts where user_id = (select id from auth.users where email = $1)',
      [owner.email],
    )
    expect(await (await owner.get(page)).text()).toContain('Mail me a link to choose one')
    expect((await owner.post(page, { action: 'choose_password' })).headers.get('location')).toBe(
      `${page}?done=mailed`,
    )
    const begun = await owner.post(page, { action: 'enrol', password })
    expect(begun.status).toBeGreaterThanOrEqual(401)
  })
})

test.each([
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
    'Safari on macOS',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/130 Mobile Safari/604.1',
    'Chrome on iPhone',
  ],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0', 'Firefox on Linux'],
  ['node', 'node'],
  ['', 'unknown'],
])('%s is called %s', (userAgent, words) => expect(browserOf(userAgent)).toBe(words))
