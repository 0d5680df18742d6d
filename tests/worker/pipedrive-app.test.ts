import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OAuthOptions } from '../../simulator/oauth.ts'
import type { AnyConnector, TokenRenewal } from '../../worker/connectors/connector.ts'
import { pipedriveApp } from '../../worker/connectors/pipedrive.ts'
import { createFetcher } from '../../worker/fetcher.ts'
import { arrange, type Arrangement, type Client } from './arrange.ts'
import { connectPipedrive, expectHarbour, harbour } from './pipedrive-client.ts'

// A company of Pipedrive whose user has consented to an app: access ends after an hour, and every answer to a renewal names the
// company's own address.

const oauth: OAuthOptions = {
  clientId: 'an-app',
  clientSecret: 'CANARY-CLIENT-SECRET',
  refreshToken: 'CANARY-REFRESH-0',
  accessSeconds: 3_599,
  homeField: 'api_domain',
}

/** As it is, but for the token endpoint: there is none but the stand-in's. */
const app: AnyConnector = {
  ...pipedriveApp,
  tokens: {
    ...(pipedriveApp.tokens as TokenRenewal),
    request: (secrets, address) => ({
      ...(pipedriveApp.tokens as TokenRenewal).request(secrets, address),
      url: '/oauth/token',
    }),
  },
}

let all: Arrangement
let client: Client

beforeEach(async () => {
  all = await arrange([{ ...harbour, startAt: new Date(), oauth }])
  all.worker.connectors = new Map([[app.name, app]])
  client = await connectPipedrive(all, {}, app.name)
  await all.db.query(`update connections set base_url = $2 where id = $1`, [
    client.connectionId,
    `${all.simulator.url}/nowhere/`,
  ])
  await all.db.query(`delete from connection_secrets where connection_id = $1`, [client.connectionId])
  for (const field of ['clientId', 'clientSecret', 'refreshToken'] as const)
    await client.storeSecret(field, oauth[field])
})
afterEach(() => all.close())

describe('access by an app', () => {
  test('is fetched at the first need, and goes to the address that the answer names', async () => {
    const { run } = await client.sync()
    expect([run.status, run.error_detail]).toEqual(['success', null])
    await expectHarbour(client)
    expect(all.simulator.ledger.count('oauth/token')).toBe(1)
    expect(all.simulator.ledger.entries().every(({ status }) => status === 200)).toBe(true)
  })

  test('that has ended is renewed with the refresh token that came last, and the run goes on', async () => {
    await client.sync()
    client.account.endAccess()
    const { run } = await client.sync()
    expect([run.status, run.error_detail]).toEqual(['success', null])
    expect(client.account.grant?.uses()).toEqual({ refreshed: 2, reused: 0, isRevoked: false })
  })

  test('that the user took back asks for a new consent', async () => {
    await client.sync()
    client.account.revokeAccess()
    const { run } = await client.sync()
    expect([run.status, run.error_code]).toEqual(['failed', 'E_AUTH_REVOKED'])
    expect(run.error_detail).toContain('Pipedrive refused to renew our access: invalid_grant')
    expect(await client.connection()).toMatchObject({ state: 'needs_reconnect' })
  })
})

describe('an address that the answer names', () => {
  const ask = async (apiDomain: string) => {
    const fetcher = createFetcher({
      connector: pipedriveApp,
      baseUrl: pipedriveApp.baseUrl,
      secrets: { accessToken: 'CANARY-ACCESS', apiDomain },
      allowPrivateHosts: false,
      turn: () => Promise.resolve(),
      quiet: () => Promise.resolve(),
      stopping: AbortSignal.timeout(2_000),
      retryWaitsMs: [],
    })
    try {
      return await fetcher
        .ask({ method: 'GET', path: 'v1/users' }, 'owners')
        .catch((error: unknown) => String(error))
    } finally {
      expect(fetcher.traffic.requests).toBeLessThanOrEqual(1)
      await fetcher.close()
    }
  }

  test.each([
    'https://pipedrive.com.example.org',
    'https://notpipedrive.com',
    'http://harbour.pipedrive.com',
    'https://127.0.0.1',
    'nonsense',
  ])('is not gone to when it is not Pipedrive’s own: %s', async (address) =>
    expect(await ask(address)).toContain('sent us to an address outside pipedrive.com'),
  )
})
