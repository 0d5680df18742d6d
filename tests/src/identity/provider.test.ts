import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Web } from '../../../src/server/main.ts'
import { serve, startApp, type TestApp } from '../app.ts'
import { stranger, visit, type Visitor } from '../visitor.ts'
import { password } from '../people.ts'
import { codeOf, enrol } from './authenticator.ts'
import { depart, goThrough, startProvider, type Account, type OidcServer } from './provider.ts'
import { isIn } from './is-in.ts'

let app: TestApp
let web: Web
let oidc: OidcServer
let other: OidcServer
let tenantId: string
const lines: Record<string, unknown>[] = []

beforeAll(async () => {
  ;[app, oidc, other] = await Promise.all([startApp(), startProvider('oidc'), startProvider('other')])
  tenantId = await app.seed.tenant('tidewell', { name: 'Tidewell Car Wash' })
  const log = pino(
    {},
    { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  )
  web = await serve({ ...app, log, providers: [oidc.settings, other.settings] })
  oidc.trust(web.url)
  other.trust(web.url)
})
afterAll(async () => {
  await web.close()
  await Promise.all([app.close(), oidc.close(), other.close()])
})

let person: Visitor
let account: Account
beforeEach(async () => {
  const { email } = await app.as('rep', tenantId)
  person = stranger(web.url, email)
  account = { sub: `sub of ${email}`, email, email_verified: true, name: 'Kofi' }
  oidc.signedIn = account
})

/** The whole way, from the button to the page of ours at the end. */
async function signInAt(provider: OidcServer, visitor: Visitor, next?: string): Promise<string | null> {
  const back = await goThrough(await depart(visitor, provider.settings.id, next))
  return (await visitor.get(back)).headers.get('location')
}

async function rowsOf<Row extends Record<string, unknown>>(statement: string, email: string): Promise<Row[]> {
  return (await app.seed.client.query<Row>(statement, [email])).rows
}
const accountsOf = (email: string) =>
  rowsOf<{ provider_id: string }>(
    'select provider_id from auth.accounts a join auth.users u on u.id = a.user_id where u.email = $1 order by 1',
    email,
  )

describe('signing in at a provider', () => {
  test('brings somebody who is known in, to the page that was wanted, and links the account', async () => {
    expect(await signInAt(oidc, person, '/w/tidewell/sync?a=1')).toBe('/w/tidewell/sync?a=1')
    expect(await isIn(person)).toBe(true)
    expect(await accountsOf(person.email)).toEqual([{ provider_id: 'credential' }, { provider_id: 'oidc' }])
    const events = await rowsOf<{ deed: string; detail: unknown; address: string }>(
      'select deed, detail, address from auth.events e join auth.users u on u.id = e.user_id where u.email = $1 order by e.id',
      person.email,
    )
    expect(events).toEqual(
      expect.arrayContaining([
        { deed: 'account_linked', detail: { provider: 'oidc' }, address: '127.0.0.1' },
        { deed: 'signed_in', detail: { with: 'oidc' }, address: '127.0.0.1' },
      ]),
    )
    await person.post('/sign-out')
    expect(await signInAt(oidc, person)).toBe('/w')
    expect(await accountsOf(person.email)).toHaveLength(2)
  })

  test('keeps the tokens of the provider sealed', async () => {
    await signInAt(oidc, person)
    const [kept] = await rowsOf<{ access_token: string }>(
      `select access_token from auth.accounts a join auth.users u on u.id = a.user_id where u.email = $1 and provider_id = 'oidc'`,
      person.email,
    )
    expect(kept?.access_token.length).toBeGreaterThan(80)
  })

  test.each([false, 'false', 'no'])(
    'links nothing while the provider says email_verified: %j',
    async (is) => {
      oidc.signedIn = { ...account, email_verified: is }
      const back = await signInAt(oidc, person)
      expect(back).toMatch(/^\/sign-in\?error=account_not_linked&with=oidc/)
      expect(await (await person.get(back ?? '')).text()).toContain(
        `OIDC has not made sure that ${person.email} is yours.`,
      )
      expect(await isIn(person)).toBe(false)
      expect(await accountsOf(person.email)).toEqual([{ provider_id: 'credential' }])
    },
  )

  test('links nothing to an address that only looks like one of ours in lower case', async () => {
    const { rows } = await app.seed.client.query<{ email: string }>(
      `update auth.users set email = 'k' || email where email = $1 returning email`,
      [person.email],
    )
    const email = rows[0]?.email ?? ''
    // The Kelvin sign, which becomes a k.
    const lookalike = `\u212a${email.slice(1)}`
    expect(lookalike.toLowerCase()).toBe(email)
    oidc.signedIn = { sub: `sub of ${lookalike}`, email: lookalike, email_verified: true }
    expect(await signInAt(oidc, person)).toMatch(/^\/sign-in\?error=/)
    expect(await isIn(person)).toBe(false)
    expect(await accountsOf(email)).toEqual([{ provider_id: 'credential' }])
  })

  test('tells its owner by mail that there is another way in, once', async () => {
    await signInAt(oidc, person)
    await person.post('/sign-out')
    await signInAt(oidc, person)
    const told = lines.filter(({ to }) => to === person.email)
    expect(told.map(({ subject }) => subject)).toEqual(['Another way to sign in to Tidemark as you'])
  })

  test('makes nobody known who was not', async () => {
    const email = 'who@elsewhere.example'
    oidc.signedIn = { sub: 'who', email, email_verified: true }
    const back = await signInAt(oidc, person)
    const page = await (await person.get(back ?? '')).text()
    expect(page).toContain(`OIDC says you are ${email}. Nobody here has that address. Ask for an invitation.`)
    expect(await rowsOf('select id from auth.users where email = $1', email)).toEqual([])
    // Said once, and by nobody else: a link cannot put an address in our mouth.
    expect(await (await person.get(back ?? '')).text()).not.toContain(email)
    const forged = await stranger(web.url).get(`/sign-in?error=signup_disabled&with=oidc&email=${email}`)
    expect(await forged.text()).not.toContain(email)
  })

  test('asks somebody with codes for a code, too', async () => {
    const owner = await visit(web.url, person.email)
    const { secret } = await enrol(owner, 'tidewell')
    expect(await signInAt(oidc, person, '/w/tidewell/sync')).toBe('/sign-in/code?next=%2Fw%2Ftidewell%2Fsync')
    expect(await isIn(person)).toBe(false)
    const answer = await person.post('/sign-in/code?next=%2Fw%2Ftidewell%2Fsync', { code: codeOf(secret, 1) })
    expect(answer.headers.get('location')).toBe('/w/tidewell/sync')
    expect(await isIn(person)).toBe(true)
  })

  test('that is cancelled says so', async () => {
    oidc.signedIn = 'cancels'
    const back = await signInAt(oidc, person, '/w/tidewell/sync')
    expect(await (await person.get(back ?? '')).text()).toContain('Sign-in with OIDC was cancelled.')
    expect(back).toContain('next=%2Fw%2Ftidewell%2Fsync')
  })

  test.each(['https://evil.example/', '//evil.example', '/\\evil.example'])(
    'never leads on to %s',
    async (next) => expect(await signInAt(oidc, person, next)).toBe('/w'),
  )
})

describe('an answer of a provider is refused', () => {
  const refused = async (visitor: Visitor, back: string) => {
    const answer = await visitor.get(back)
    expect(answer.headers.get('location')).toMatch(/^\/sign-in\?error=/)
    expect(await isIn(visitor)).toBe(false)
    return new URL(answer.headers.get('location') ?? '', web.url).searchParams.get('error')
  }

  test('when it is brought twice', async () => {
    const back = await goThrough(await depart(person, 'oidc'))
    const { cookies } = person
    const copy = stranger(web.url)
    for (const [name, value] of cookies) copy.cookies.set(name, value)
    expect((await person.get(back)).headers.get('location')).toBe('/w')
    expect(await refused(copy, back)).toBe('state_mismatch')
  })

  test('when another browser brings it', async () => {
    const back = await goThrough(await depart(person, 'oidc'))
    const thief = stranger(web.url)
    expect(await refused(thief, back)).toBe('state_mismatch')
    await depart(thief, 'oidc')
    expect(await refused(thief, back)).toBe('state_mismatch')
  })

  test('when its code belongs to another flow: PKCE and the nonce bind it', async () => {
    const there = await depart(person, 'oidc')
    expect(there.searchParams.get('code_challenge_method')).toBe('S256')
    expect(there.searchParams.get('code_challenge')?.length).toBe(43)
    expect(there.searchParams.get('nonce')).toBeTruthy()
    const mine = new URL(await goThrough(there), web.url)
    const strange = new URL(await goThrough(await depart(stranger(web.url), 'oidc')), web.url)
    mine.searchParams.set('code', strange.searchParams.get('code') ?? '')
    expect(await refused(person, mine.pathname + mine.search)).toBe('invalid_code')
  })

  test('without PKCE, which the provider would have to allow', async () => {
    const there = await depart(person, 'oidc')
    there.searchParams.delete('code_challenge')
    there.searchParams.delete('code_challenge_method')
    expect(await refused(person, await goThrough(there))).toBe('invalid_request')
  })

  test('when it comes from another provider than was asked', async () => {
    other.signedIn = account
    const mixed = async (change: (back: URL) => void) => {
      const back = new URL(await goThrough(await depart(person, 'other')), web.url)
      change(back)
      return refused(person, back.pathname + back.search)
    }
    expect(await mixed((back) => (back.pathname = '/api/auth/callback/oidc'))).toBe('issuer_mismatch')
    expect(await mixed((back) => back.searchParams.set('iss', oidc.settings.issuer))).toBe('issuer_mismatch')
    const unsaid = await mixed((back) => {
      back.pathname = '/api/auth/callback/oidc'
      back.searchParams.delete('iss')
    })
    expect(unsaid).toBe('invalid_code')
    const back = new URL(await goThrough(await depart(person, 'other')), web.url)
    back.pathname = '/api/auth/callback/none'
    expect(await refused(person, back.pathname + back.search)).toBe('oauth_provider_not_found')
  })

  test('when nothing of it makes sense', async () => {
    for (const query of ['', '?code=1', '?state=1&code=1', '?error=x', '?state=%00', '?code=a&code=b'])
      await refused(person, `/api/auth/callback/oidc${query}`)
  })
})

describe('a provider', () => {
  test('that is not configured has no button and leads nowhere', async () => {
    const page = await (await stranger(web.url).get('/sign-in')).text()
    expect(page).toContain('Continue with OIDC')
    expect(page).not.toContain('Google')
    expect(await (await app.ana.get('/sign-in')).text()).not.toContain('Continue with')
    expect((await person.post('/sign-in/with', { provider: 'google' })).headers.get('location')).toMatch(
      /^\/sign-in\?error=unknown/,
    )
  })

  test('that was away when the web started works as soon as it is back, and until then says so', async () => {
    const late = await startProvider('late')
    const port = await late.close()
    const alone = await serve({ ...app, providers: [late.settings] })
    try {
      const visitor = stranger(alone.url)
      const answer = await visitor.post('/sign-in/with', { provider: 'late' })
      const page = await (await visitor.get(answer.headers.get('location') ?? '')).text()
      expect(page).toContain('LATE cannot be reached at the moment.')
      const back = await startProvider('late', port)
      back.trust(alone.url)
      back.signedIn = account
      expect(await signInAt(back, visitor)).toBe('/w')
      await back.close()
    } finally {
      await alone.close()
    }
  })
})

describe('an account that is linked', () => {
  const page = '/w/tidewell/settings/security'
  const unlink = (visitor: Visitor, id: string, given: string) =>
    visitor.post(page, { action: 'unlink', account: id, password: given })
  const linkedTo = async ({ email }: Visitor) =>
    (
      await rowsOf<{ id: string }>(
        `select a.id from auth.accounts a join auth.users u on u.id = a.user_id where u.email = $1 and provider_id = 'oidc'`,
        email,
      )
    )[0]?.id ?? ''

  test('is listed, and unlinked by the present password alone; other sessions end, and it is written down', async () => {
    await signInAt(oidc, person)
    const elsewhere = await visit(web.url, person.email)
    expect(await (await person.get(page)).text()).toContain('Unlink OIDC')
    const id = await linkedTo(person)
    const refusal = await unlink(person, id, 'not this one')
    expect([refusal.status, await linkedTo(person)]).toEqual([401, id])
    expect((await unlink(person, id, password)).headers.get('location')).toBe(`${page}?done=unlinked`)
    expect(await linkedTo(person)).toBe('')
    expect([await isIn(person), await isIn(elsewhere)]).toEqual([true, false])
    const deeds = await rowsOf<{ deed: string }>(
      'select deed from auth.events e join auth.users u on u.id = e.user_id where u.email = $1',
      person.email,
    )
    expect(deeds.map(({ deed }) => deed)).toContain('account_unlinked')
    expect(await (await person.get(page)).text()).not.toContain('Unlink OIDC')
  })

  test('of somebody else, or a password, is not unlinked', async () => {
    await signInAt(oidc, person)
    const theirs = await linkedTo(person)
    const other = await visit(web.url, (await app.as('rep', tenantId)).email)
    const [own] = await rowsOf<{ id: string }>(
      'select a.id from auth.accounts a join auth.users u on u.id = a.user_id where u.email = $1',
      other.email,
    )
    for (const id of [theirs, own?.id ?? '', 'none'])
      expect((await unlink(other, id, password)).status, id).toBe(422)
    expect(await linkedTo(person)).toBe(theirs)
    expect(await isIn(await visit(web.url, other.email))).toBe(true)
  })

  test('stays while it is the only way in', async () => {
    await signInAt(oidc, person)
    await app.seed.client.query(
      `delete from auth.accounts a using auth.users u where u.id = a.user_id and u.email = $1 and provider_id = 'credential'`,
      [person.email],
    )
    const id = await linkedTo(person)
    expect(await (await person.get(page)).text()).toContain('choose a password first')
    const answer = await unlink(person, id, password)
    expect([answer.status, await linkedTo(person)]).toEqual([422, id])
    expect(await answer.text()).toContain('You have no password yet')
  })
})
