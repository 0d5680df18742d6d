import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSimulator, type SimulatedAccount, type Simulator } from '../../simulator/main.ts'
import { visit } from './visit.ts'

const oauth = { clientId: 'tidemark', clientSecret: 'client secret', refreshToken: 'R0', accessSeconds: 600 }
const account = { accessToken: 'unused', seed: 7, people: 20, changesPerDay: 0 }

let simulator: Simulator
let rotating: SimulatedAccount
let nth = 0

beforeAll(async () => {
  simulator = await startSimulator({
    accounts: Array.from({ length: 8 }, (_, index) => ({
      ...account,
      webKey: `CT_${index}`,
      oauth: { ...oauth, clientId: `tidemark-${index}`, rotates: index > 0 },
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
