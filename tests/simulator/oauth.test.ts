import { hash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSimulator, type SimulatedAccount, type Simulator } from '../../simulator/main.ts'
import { visit } from './visit.ts'

const oauth = { clientId: 'tidemark', clientSecret: 'client secret', refreshToken: 'R0', accessSeconds: 600 }
const back = 'http://127.0.0.1/consent/here'
const account = { accessToken: 'unused', seed: 7, people: 20, changesPerDay: 0 }

let simulator: Simulator
let rotating: SimulatedAccount
let nth = 0

beforeAll(async () => {
  simulator = await startSimulator({
    accounts: Array.from({ length: 16 }, (_, index) => ({
      ...account,
      webKey: `CT_${index}`,
      oauth: { ...oauth, clientId: `tidemark-${index}`, rotates: index > 0, redirectUris: [back] },
    })),
  })
})
afterAll(() => simulator.close())
beforeEach(() => {
  nth += 1
  rotating = simulator.account(`CT_${nth}`)
})

type Answer = { status: number; cache: string | null; body: Record<string, unknown> }

async function post(form: Record<string, string>): Promise<Answer> {
  const response = await fetch(new URL('/oauth/token', simulator.url), {
    method: 'POST',
    body: new URLSearchParams(form),
  })
  const body = (await response.json()) as Record<string, unknown>
  return { status: response.status, cache: response.headers.get('cache-control'), body }
}
const refresh = (refreshToken: unknown, index = nth) =>
  post({
    grant_type: 'refresh_token',
    refresh_token: String(refreshToken),
    client_id: `tidemark-${index}`,
    client_secret: oauth.clientSecret,
  })
const statusWith = async (accessToken: unknown, index = nth) =>
  (
    await visit(simulator, 'read_user_list', {
      'X-Web-Key': `CT_${index}`,
      'X-Access-Token': String(accessToken),
    })
  ).status

describe('the token endpoint', () => {
  test('gives an access token that ends, and a new refresh token', async () => {
    const { status, cache, body } = await refresh('R0')
    expect([status, cache]).toEqual([200, 'no-store'])
    expect(body).toEqual({
      access_token: expect.stringMatching(/^access-/),
      token_type: 'Bearer',
      expires_in: 600,
      refresh_token: expect.stringMatching(/^refresh-/),
    })
    expect(await statusWith('unused')).toBe(401)
    expect(await statusWith(body.access_token)).toBe(200)
    simulator.advance(600_000)
    expect(await statusWith(body.access_token)).toBe(401)
    expect(rotating.grant?.uses()).toEqual({ refreshed: 1, reused: 0, isRevoked: false })
  })

  test('a spent refresh token that comes back ends everything granted with it', async () => {
    const first = await refresh('R0')
    const second = await refresh(first.body.refresh_token)
    expect(await refresh('R0')).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect(await statusWith(second.body.access_token)).toBe(401)
    expect(await refresh(second.body.refresh_token)).toMatchObject({ status: 400 })
    expect(rotating.grant?.uses()).toEqual({ refreshed: 2, reused: 1, isRevoked: true })
    const noted = simulator.ledger.entries().filter((entry) => entry.account === rotating.webKey)
    expect(noted.filter(({ operation }) => operation === 'oauth/token').map(({ query }) => query)).toEqual([
      'refresh',
      'refresh',
      'reuse',
      'invalid_grant',
    ])
  })

  test('refuses another client, another grant and a form without a token', async () => {
    const form = {
      grant_type: 'refresh_token',
      client_id: `tidemark-${nth}`,
      client_secret: oauth.clientSecret,
    }
    expect(await post({ ...form, client_secret: 'wrong' })).toMatchObject({ status: 401 })
    expect((await post({ ...form, client_id: 'nobody' })).body).toMatchObject({ error: 'invalid_client' })
    expect((await post({ ...form, grant_type: 'password' })).body).toMatchObject({
      error: 'unsupported_grant_type',
    })
    expect((await post(form)).body).toMatchObject({ error: 'invalid_request' })
    expect((await refresh('made up')).body).toMatchObject({ error: 'invalid_grant' })
    expect(rotating.grant?.uses()).toEqual({ refreshed: 0, reused: 0, isRevoked: false })
  })

  test('lets a client keep its refresh token, where the CRM has it so', async () => {
    const [one, two] = [await refresh('R0', 0), await refresh('R0', 0)]
    expect([one.status, two.status]).toEqual([200, 200])
    expect(one.body).not.toHaveProperty('refresh_token')
    expect(await statusWith(one.body.access_token, 0)).toBe(200)
  })

  test('can be made to fail before it has done anything', async () => {
    simulator.faults.add({ fault: 'unavailable', operation: 'oauth/token', account: rotating.webKey, nth: 1 })
    await expect(refresh('R0')).rejects.toThrow(/JSON/)
    simulator.faults.clear()
    expect(rotating.grant?.uses().refreshed).toBe(0)
    expect(await refresh('R0')).toMatchObject({ status: 200 })
  })

  test('can be made to fail after it has answered, so that the answer is lost', async () => {
    simulator.faults.add({ fault: 'hung-up', operation: 'oauth/token', account: rotating.webKey, nth: 1 })
    await expect(refresh('R0')).rejects.toThrow('fetch failed')
    simulator.faults.clear()
    expect(rotating.grant?.uses().refreshed).toBe(1)
    expect(await refresh('R0')).toMatchObject({ body: { error: 'invalid_grant' } })
  })
})

describe('the consent screen', () => {
  const proof = 'a proof of forty-three characters, and more'
  const asked = () => ({
    response_type: 'code',
    client_id: `tidemark-${nth}`,
    redirect_uri: 'http://127.0.0.1:4321/consent/here',
    state: 'S',
    code_challenge: hash('sha256', proof, 'base64url'),
    code_challenge_method: 'S256',
  })
  const decide = async (form: Record<string, string>) => {
    const body = new URLSearchParams(form)
    const answer = await fetch(`${simulator.url}/oauth/authorize`, {
      method: 'POST',
      body,
      redirect: 'manual',
    })
    return { status: answer.status, to: answer.headers.get('location') }
  }
  const allow = async (form: Record<string, string> = asked()) => {
    const { to } = await decide({ ...form, answer: 'allow' })
    return new URL(to ?? 'x:').searchParams.get('code') ?? ''
  }
  const exchange = (code: string, more: Record<string, string> = {}) =>
    post({
      grant_type: 'authorization_code',
      client_id: `tidemark-${nth}`,
      client_secret: oauth.clientSecret,
      redirect_uri: asked().redirect_uri,
      code_verifier: proof,
      code,
      ...more,
    })

  test('is a page with the account and two buttons, and leads back with a code or a no, and the state', async () => {
    const page = await fetch(`${simulator.url}/oauth/authorize?${new URLSearchParams(asked())}`)
    expect(await page.text()).toMatch(/name="answer" value="allow"[^]*name="answer" value="deny"/)
    expect((await decide({ ...asked(), answer: 'deny' })).to).toBe(
      `${asked().redirect_uri}?error=access_denied&state=S`,
    )
    expect((await decide({ ...asked(), answer: 'allow' })).to).toMatch(/\?code=code-[\w-]+&state=S$/)
  })

  test('gives a code that is exchanged once: a second time ends all that it gave', async () => {
    const code = await allow()
    const { status, body } = await exchange(code)
    expect([status, await statusWith(body.access_token)]).toEqual([200, 200])
    expect((await exchange(code)).body.error).toBe('invalid_grant')
    expect(await statusWith(body.access_token)).toBe(401)
  })

  test.each([
    ['another address', { redirect_uri: 'http://127.0.0.1:4321/consent/there' }],
    ['another proof', { code_verifier: 'no proof at all' }],
    ['another secret', { client_secret: 'guessed' }],
  ])('gives nothing for a code that comes with %s', async (_, more) => {
    expect((await exchange(await allow(), more)).body.error).toMatch(/^invalid_/)
  })

  test('sends nobody to an address that is not registered, or of an app that is not known', async () => {
    expect(await decide({ ...asked(), redirect_uri: 'https://example.org/', answer: 'allow' })).toEqual({
      status: 400,
      to: null,
    })
    expect(await decide({ ...asked(), client_id: 'nobody', answer: 'allow' })).toEqual({
      status: 400,
      to: null,
    })
  })
})
