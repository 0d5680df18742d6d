import { createHmac, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTokens, type TokenClaims, type Tokens } from '../../../src/server/tokens.ts'
import { startApp, webSecret, type TestApp } from '../app.ts'
import { idOf, seedKey } from '../keys.ts'
import { seedPerson } from '../people.ts'
import { seedTidewell, type Connection } from '../seed.ts'

let app: TestApp
let connection: Connection
let tokens: Tokens
let key: Awaited<ReturnType<typeof seedKey>>
let claims: TokenClaims

beforeAll(async () => {
  app = await startApp()
  connection = (await seedTidewell(app.seed)).connection
  const bo = await seedPerson(app.seed, 'manager', [connection.tenantId])
  key = await seedKey(app.seed, connection.tenantId, bo)
  tokens = await createTokens({ secret: webSecret, publicUrl: app.url })
  claims = {
    userId: await idOf(app.seed, bo),
    tenantId: connection.tenantId,
    keyId: key.id,
    scopes: ['read', 'write'],
  }
})

afterAll(() => app.close())

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const exchange = (headers: Record<string, string>) =>
  fetch(`${app.url}/api/v1/tokens`, { method: 'POST', headers })
const status = async (token: string, more: Record<string, string> = {}) =>
  (await fetch(`${app.url}/api/v1/sync/status`, { headers: { ...bearer(token), ...more } })).status
const tokenFor = async (headers: Record<string, string>) =>
  ((await (await exchange(headers)).json()) as { token: string }).token

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const opened = (token: string) =>
  token
    .split('.')
    .slice(0, 2)
    .map((half) => JSON.parse(Buffer.from(half, 'base64url').toString()) as Record<string, unknown>)

describe('a token', () => {
  test('is had for a key, opens what the key opens, and says how long', async () => {
    const answer = await exchange(key.headers)
    expect(answer.status).toBe(200)
    const { token, ...rest } = (await answer.json()) as { token: string }
    expect(rest).toEqual({ token_type: 'Bearer', expires_in: 900 })
    expect(await status(token)).toBe(200)
    const [header, body] = opened(token)
    expect(header).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: tokens.keySet.keys[0]?.kid })
    const { iat, exp, ...said } = body as { iat: number; exp: number }
    expect(exp - iat).toBe(900)
    expect(said).toEqual({
      iss: app.url,
      aud: `${app.url}/api/v1`,
      sub: claims.userId,
      tenant: connection.tenantId,
      key: key.id,
      scopes: ['read', 'write', 'export'],
    })
  })

  test('can be checked by others against the published key', async () => {
    const answer = await fetch(`${app.url}/.well-known/jwks.json`)
    expect(answer.headers.get('content-type')).toBe('application/jwk-set+json')
    const { keys } = (await answer.json()) as { keys: { kty: string; d?: string }[] }
    expect(keys).toHaveLength(1)
    expect(keys[0]).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' })
    expect(keys[0]).not.toHaveProperty('d')
    const [head = '', body = '', signature = ''] = (await tokenFor(key.headers)).split('.')
    const publicKey = createPublicKey({ key: keys[0] ?? {}, format: 'jwk' })
    const signed = Buffer.from(`${head}.${body}`)
    expect(verify(null, signed, publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  test('is made by no other token and by no session', async () => {
    const refused = await exchange(bearer(await tokenFor(key.headers)))
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({ error: { code: 'key_needed' } })
    const session = await app.ana.post('/api/v1/tokens?workspace=tidewell')
    expect(session.status).toBe(403)
  })

  test('has the scopes of its key', async () => {
    const reading = await seedKey(app.seed, connection.tenantId, app.ana.email, { scopes: ['read'] })
    const answer = await fetch(`${app.url}/api/v1/sync/runs`, {
      method: 'POST',
      headers: bearer(await tokenFor(reading.headers)),
      body: JSON.stringify({ connection: connection.id }),
    })
    expect([answer.status, await answer.json()]).toMatchObject([403, { error: { code: 'scope' } }])
  })

  test('opens no other workspace', async () => {
    await app.seed.tenant('kettle')
    const anas = await seedKey(app.seed, connection.tenantId, app.ana.email)
    expect(await status(await tokenFor(anas.headers), { 'x-tenant-id': 'kettle' })).toBe(404)
  })
})

describe('a token ends', () => {
  const given = async () => {
    const email = await seedPerson(app.seed, 'rep', [connection.tenantId])
    const { id, headers } = await seedKey(app.seed, connection.tenantId, email)
    const token = await tokenFor(headers)
    expect(await status(token)).toBe(200)
    return { id, token, userId: await idOf(app.seed, email) }
  }

  test('after 15 minutes', async () => {
    const made = (minutes: number) => tokens.issue(claims, new Date(Date.now() - minutes * 60_000))
    expect(await status(await made(14))).toBe(200)
    // By a process whose clock is a little ahead.
    expect(await status(await made(-0.05))).toBe(200)
    expect(await status(await made(15.5))).toBe(401)
    expect(await status(await tokens.issue(claims, new Date(Date.now() + 3_600_000)))).toBe(401)
  })

  test('with its key', async () => {
    const { id, token } = await given()
    await app.seed.client.query('update api_keys set revoked_at = now() where id = $1', [id])
    expect(await status(token)).toBe(401)
  })

  test.each([`ended_at = now()`, `role = 'viewer'`])('when of its owner’s membership %s', async (set) => {
    const { token, userId } = await given()
    await app.seed.client.query(`update memberships set ${set} where user_id = $1`, [userId])
    expect(await status(token)).toBe(401)
  })
})

describe('a token of somebody else’s making is refused', () => {
  const forged = (
    header: Record<string, unknown>,
    body: Record<string, unknown>,
    seal: (signed: string) => Buffer,
  ) => {
    const signed = `${part(header)}.${part(body)}`
    return `${signed}.${seal(signed).toString('base64url')}`
  }
  const genuine = async () => {
    const [header = {}, body = {}] = opened(await tokens.issue(claims, new Date()))
    return { header, body }
  }
  const stranger = generateKeyPairSync('ed25519')
  const publicBytes = () => Buffer.from(String(tokens.keySet.keys[0]?.x), 'base64url')

  test('without a signature', async () => {
    const { header, body } = await genuine()
    for (const alg of ['none', 'None', 'NONE', ''])
      expect(await status(forged({ ...header, alg }, body, () => Buffer.alloc(0))), alg).toBe(401)
    expect(await status(`${part(header)}.${part(body)}.`)).toBe(401)
  })

  test('signed with our public key as if it were a password', async () => {
    const { header, body } = await genuine()
    const pem = createPublicKey({ key: tokens.keySet.keys[0] ?? {}, format: 'jwk' }).export({
      type: 'spki',
      format: 'pem',
    })
    for (const secret of [publicBytes(), Buffer.from(pem), Buffer.from(webSecret)]) {
      const token = forged({ ...header, alg: 'HS256' }, body, (signed) =>
        createHmac('sha256', secret).update(signed).digest(),
      )
      expect(await status(token)).toBe(401)
    }
  })

  test('signed with another key, under our key’s name, another, or one it brings itself', async () => {
    const { header, body } = await genuine()
    const own = stranger.publicKey.export({ format: 'jwk' })
    for (const extra of [
      {},
      { kid: 'another' },
      { kid: '../../../../dev/null' },
      { kid: "' or 1=1 --" },
      { kid: undefined },
      { jwk: own },
      { jku: 'https://evil.test/jwks.json' },
      { crit: ['exp'] },
    ]) {
      const token = forged({ ...header, ...extra }, body, (signed) =>
        sign(null, Buffer.from(signed), stranger.privateKey),
      )
      expect(await status(token), JSON.stringify(extra)).toBe(401)
    }
  })

  test('signed by us for another audience, by another issuer, or with another secret', async () => {
    for (const parts of [
      { secret: webSecret, publicUrl: 'https://elsewhere.test' },
      { secret: 'the tide that signs the sessions of another', publicUrl: app.url },
    ]) {
      const other = await createTokens(parts)
      expect(await status(await other.issue(claims, new Date()))).toBe(401)
    }
  })

  test('with a body that was changed', async () => {
    const token = await tokens.issue({ ...claims, scopes: ['read'] }, new Date())
    const [head = '', , signature = ''] = token.split('.')
    const [, body = {}] = opened(token)
    expect(await status(`${head}.${part({ ...body, scopes: ['read', 'write'] })}.${signature}`)).toBe(401)
  })

  test('for another person, another tenant or a key that is none', async () => {
    const other = await app.seed.tenant('bramble')
    for (const change of [
      { userId: await idOf(app.seed, app.ana.email) },
      { tenantId: other },
      { keyId: crypto.randomUUID() },
      { scopes: ['everything'] as unknown as TokenClaims['scopes'] },
      { tenantId: "'; drop table api_keys; --" },
    ])
      expect(await status(await tokens.issue({ ...claims, ...change }, new Date()))).toBe(401)
  })

  test('whatever it looks like', async () => {
    for (const token of ['a', 'a.b.c', '...', 'e30.e30.', `${'A'.repeat(3_000)}.e30.AA`])
      expect(await status(token), token.slice(0, 9)).toBe(401)
  })
})
