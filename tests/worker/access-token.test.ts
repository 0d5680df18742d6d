import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openKeyring } from '../../drizzle/seal.ts'
import type { OAuthOptions } from '../../simulator/oauth.ts'
import { SyncError } from '../../worker/errors.ts'
import { startWorker } from '../../worker/main.ts'
import { openConnection } from '../../worker/open.ts'
import { claimDueSlots } from '../../worker/schedule.ts'
import { readSecrets } from '../../worker/stored-secrets.ts'
import { quickly } from '../support/quickly.ts'
import { until } from '../support/until.ts'
import { arrange, rosewood, testSecret, type Arrangement, type Client } from './arrange.ts'
import { oauth, oauthConnectors } from './oauth-tether.ts'

let all: Arrangement
let client: Client
const children: ChildProcess[] = []

async function arrangeOAuth(options: Partial<OAuthOptions> = {}): Promise<void> {
  all = await arrange([{ ...rosewood, oauth: { ...oauth, ...options } }])
  all.worker.connectors = oauthConnectors
  client = await all.connect()
  await all.db.query(`update connections set connector = 'oauth-tether' where id = $1`, [client.connectionId])
  for (const field of ['clientId', 'clientSecret', 'refreshToken'] as const)
    await client.storeSecret(field, oauth[field])
  await all.db.query(`delete from connection_secrets where field = 'accessToken'`)
}

beforeEach(() => arrangeOAuth())
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await all.close()
})

/** The access token ends by our clock and by the CRM's. */
async function expire(): Promise<void> {
  await all.db.query(
    `update connection_secrets set expires_at = clock_timestamp() where field = 'accessToken'`,
  )
  client.account.endAccess()
}

async function open() {
  const options = {
    database: all.database,
    databaseUrl: all.url,
    connectors: oauthConnectors,
    keyring: await openKeyring([testSecret]),
    allowPrivateHosts: true,
    stopping: new AbortController().signal,
    retryWaitsMs: [],
  }
  const { fetcher } = await openConnection(options, client)
  return {
    close: fetcher.close,
    ask: () =>
      fetcher.ask({ method: 'GET', path: 'read_user_list' }, 'owners').then(
        ({ reply }) => `status ${reply.status}`,
        (error: unknown) => (error instanceof SyncError ? `${error.code}: ${error.message}` : String(error)),
      ),
  }
}
async function askOnce(): Promise<string> {
  const { ask, close } = await open()
  try {
    return await ask()
  } finally {
    await close()
  }
}
const uses = () => client.account.grant?.uses()
const renewals = () => all.simulator.ledger.count('oauth/token')
const endsIn = (seconds: number) =>
  all.db.query(
    `update connection_secrets set expires_at = clock_timestamp() + make_interval(secs => $1),
       updated_at = clock_timestamp() - interval '1 hour' where field = 'accessToken'`,
    [seconds],
  )

async function startRenewer(): Promise<ChildProcess> {
  const child = fork(new URL('renewer.ts', import.meta.url), [all.url], { execArgv: quickly })
  children.push(child)
  await once(child, 'message')
  return child
}
async function askIn(child: ChildProcess): Promise<string> {
  const told = once(child, 'message') as Promise<[string]>
  child.send({ tenantId: client.tenantId, connectionId: client.connectionId })
  return (await told)[0]
}

describe('access that ends by itself', () => {
  test('is fetched at the first need, and used until it is about to end', async () => {
    expect(await askOnce()).toBe('status 200')
    expect(await askOnce()).toBe('status 200')
    await endsIn(301)
    expect(await askOnce()).toBe('status 200')
    expect(renewals()).toBe(1)
    await endsIn(299)
    expect(await askOnce()).toBe('status 200')
    expect(renewals()).toBe(2)
    expect(uses()).toMatchObject({ refreshed: 2, reused: 0 })
  })

  test('is renewed when the CRM turns us away before its time, and the request is made again', async () => {
    const { ask, close } = await open()
    expect(await ask()).toBe('status 200')
    client.account.endAccess()
    expect(await ask()).toBe('status 200')
    expect(await ask()).toBe('status 200')
    expect([renewals(), uses()?.reused]).toEqual([2, 0])
    await close()
  })

  test('is renewed once for ten requests at the same moment', async () => {
    const { ask, close } = await open()
    await ask()
    client.account.endAccess()
    const answers = await Promise.all(Array.from({ length: 10 }, ask))
    expect(new Set(answers)).toEqual(new Set(['status 200']))
    expect([renewals(), uses()?.reused]).toEqual([2, 0])
    await close()
  })

  test('is renewed once, however long the CRM takes for it: the others wait', async () => {
    all.simulator.faults.add({ fault: 'slow-answer', operation: 'oauth/token', params: { ms: 1_500 } })
    expect(await Promise.all([askOnce(), askOnce(), askOnce()])).toEqual([
      'status 200',
      'status 200',
      'status 200',
    ])
    expect([renewals(), uses()?.reused]).toEqual([1, 0])
  })

  test('is stored before a worker that was told to stop has stopped', async () => {
    all.simulator.faults.add({ fault: 'slow-answer', operation: 'oauth/token', params: { ms: 700 } })
    const worker = await startWorker(all.worker)
    await until(() => renewals() === 1)
    await worker.stop()
    all.simulator.faults.clear()
    expect(await askOnce()).toBe('status 200')
    expect([renewals(), uses()]).toEqual([1, { refreshed: 1, reused: 0, isRevoked: false }])
  })

  test('is renewed with no transaction open', async () => {
    all.simulator.faults.add({ fault: 'slow-answer', operation: 'oauth/token', params: { ms: 60_000 } })
    const asked = askOnce()
    await until(() => renewals() === 1)
    const { rows } = await all.db.query(
      `select state, query from pg_stat_activity where datname = current_database() and xact_start is not null
         and pid <> pg_backend_pid()`,
    )
    expect(rows).toEqual([])
    all.simulator.faults.clear()
    expect(await asked).toBe('status 200')
  })

  test('that the CRM refuses to renew asks for a new connection, once, and says nothing of the tokens', async () => {
    await client.sync()
    client.account.revokeAccess()
    await expire()
    const before = renewals()
    const { run } = await client.sync()
    expect([run.status, run.error_code]).toEqual(['failed', 'E_AUTH_REVOKED'])
    expect(run.error_detail).toMatch(/ClientTether refused to renew our access: invalid_grant/)
    expect(renewals()).toBe(before + 1)
    expect(await client.connection()).toMatchObject({ state: 'needs_reconnect' })
    await all.db.query(`update connections set next_due_at = now() - interval '3 hours'`)
    expect(await claimDueSlots(all.database, '0 * * * *')).toEqual([])
  })

  test('trouble at the token endpoint passes, and spends nothing', async () => {
    for (const fault of ['unavailable', 'rate-limited-bare', 'server-error'] as const)
      all.simulator.faults.add({ fault, operation: 'oauth/token', times: 1 })
    expect(await askOnce()).toMatch(/^E_(CRM_DOWN|RATE_LIMITED)/)
    for (const fault of ['unavailable', 'server-error'] as const)
      all.simulator.faults.add({ fault, operation: 'oauth/token', times: 1 })
    const { run } = await client.sync()
    expect(run.status).toBe('success')
    expect(await client.connection()).toMatchObject({ state: 'active' })
    expect(uses()).toEqual({ refreshed: 1, reused: 0, isRevoked: false })
  })

  test('a person who enters other tokens meanwhile has the last word', async () => {
    all.simulator.faults.add({
      fault: 'slow-answer',
      operation: 'oauth/token',
      times: 1,
      params: { ms: 60_000 },
    })
    const asked = askOnce()
    await until(() => renewals() === 1)
    await client.storeSecret('refreshToken', 'what the person entered')
    all.simulator.faults.clear()
    await asked
    const stored = await all.database.asTenant(client.tenantId, (tx) => readSecrets(tx, client))
    expect(stored.map(({ field }) => field)).not.toContain('accessToken')
  })

  test('where the refresh token stays the same, it is kept', async () => {
    await all.close()
    await arrangeOAuth({ rotates: false })
    for (let times = 0; times < 3; times += 1) {
      expect(await askOnce()).toBe('status 200')
      await expire()
    }
    expect(uses()).toEqual({ refreshed: 3, reused: 0, isRevoked: false })
  })

  test('that ends in the middle of a run is renewed once, and the run goes on', async () => {
    all.simulator.faults.add({ fault: 'unauthorised-json', operation: 'read_client_list', nth: 2 })
    expect((await client.sync()).run.status).toBe('success')
    expect(uses()).toEqual({ refreshed: 2, reused: 0, isRevoked: false })
  })

  test('with which the CRM turns us away although it was just renewed ends the run', async () => {
    all.simulator.faults.add({ fault: 'unauthorised-json', operation: 'read_client_list', nth: 2, times: 99 })
    const { run } = await client.sync()
    expect([run.status, run.error_code]).toEqual(['failed', 'E_AUTH_REVOKED'])
    expect(await client.connection()).toMatchObject({ state: 'needs_reconnect' })
    expect(renewals()).toBe(2)
    expect(all.simulator.ledger.entries().at(-1)?.operation).toBe('read_client_list')
  })

  test('a whole run goes through with it, and shows no token anywhere', async () => {
    const { run, events } = await client.sync()
    expect(run.status).toBe('success')
    const { rows } = await all.db.query<{ everything: string }>(
      `select coalesce(string_agg(r::text, ''), '') || (select coalesce(string_agg(request::text || cursor, ''), '') from raw_snapshots)
         as everything from sync_runs r`,
    )
    expect(JSON.stringify(events) + rows[0]?.everything).not.toMatch(/CANARY|access-|refresh-/)
  })
})

test('a refresh token for one use is used once by two processes that race, two hundred times', async () => {
  const renewers = [await startRenewer(), await startRenewer()]
  const rounds = 200
  for (let round = 1; round <= rounds; round += 1) {
    // Every other time only the CRM knows that the access has ended.
    if (round % 2 === 0) client.account.endAccess()
    else if (round > 1) await expire()
    // Polite as they are, they would spend the test waiting.
    await all.db.query('delete from rate_buckets')
    expect(await Promise.all(renewers.map(askIn)), `round ${round}`).toEqual(['status 200', 'status 200'])
    expect(uses(), `round ${round}`).toEqual({ refreshed: round, reused: 0, isRevoked: false })
  }
  expect(renewals()).toBe(rounds)
})

describe('a worker that is killed when the CRM has answered and nothing is stored yet', () => {
  /** Holds the row, so that the answer comes and cannot be stored; then ends the process with force. */
  async function killBeforeStoring(): Promise<void> {
    const renewer = await startRenewer()
    const holder = await all.db.connect()
    await holder.query('begin')
    await holder.query(`select from connection_secrets where field = 'refreshToken' for update`)
    renewer.send({ tenantId: client.tenantId, connectionId: client.connectionId })
    await until(() => renewals() > 0)
    await sleep(100)
    renewer.kill('SIGKILL')
    await once(renewer, 'exit')
    await holder.query('rollback')
    holder.release()
  }

  test('leaves a connection that asks to be connected again, and is not tried for ever', async () => {
    await killBeforeStoring()
    const { run } = await client.sync()
    expect([run.status, run.error_code]).toEqual(['failed', 'E_AUTH_REVOKED'])
    expect(await client.connection()).toMatchObject({ state: 'needs_reconnect' })
    expect(uses()).toEqual({ refreshed: 1, reused: 1, isRevoked: true })
    expect(renewals()).toBe(2)
  })

  test('costs nothing where the refresh token stays the same', async () => {
    await all.close()
    await arrangeOAuth({ rotates: false })
    await killBeforeStoring()
    expect((await client.sync()).run.status).toBe('success')
    expect(uses()).toMatchObject({ refreshed: 2, reused: 0 })
  })
})
