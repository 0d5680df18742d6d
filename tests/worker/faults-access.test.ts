import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FaultName, FaultRule } from '../../simulator/main.ts'
import { arrange, rosewood, type Arrangement, type Client } from './arrange.ts'
import { expectSound } from './soundness.ts'
import { expectRecovery, leaveChange, syncUnder } from './under-fault.ts'

const maple = { ...rosewood, webKey: 'CT_maple', accessToken: 'CANARY-TOKEN-maple', seed: 11 }

let all: Arrangement
let client: Client
beforeAll(async () => {
  all = await arrange([rosewood, maple])
  client = await all.connect()
  await client.sync()
})
afterAll(() => all.close())

describe('access that is no longer granted ends the run at once', () => {
  test.each<[FaultName, RegExp, Omit<FaultRule, 'fault'>?]>([
    ['unauthorised-json', /ClientTether answered 401/],
    ['unauthorised-text', /ClientTether answered 401/],
    ['unauthorised-200', /CT401: Unauthorized: Invalid Access Token/],
    ['unknown-web-key', /ClientTether answered 401/],
    ['unauthorised-json', /ClientTether answered 401/, { nth: 2 }],
  ])('%s', async (fault, operator, rule) => {
    await leaveChange(client)
    const before = { stored: await client.everything(), fresh: await client.freshness() }
    const { run, streams, asked } = await syncUnder(all, client, fault, rule)
    expect([run.status, run.error_code]).toEqual(['failed', 'E_AUTH_REVOKED'])
    expect(run.error_public).toBe(
      'ClientTether no longer accepts our access. The data stays as it is; reconnect ClientTether to resume.',
    )
    expect(run.error_detail).toMatch(operator)
    expect(asked).toBe(rule?.nth ?? 1)
    expect(streams.opportunities).toBeUndefined()
    expect(all.simulator.ledger.entries().at(-1)?.operation).toBe('read_client_list')
    expect(await client.connection()).toMatchObject({
      state: 'needs_reconnect',
      state_reason: run.error_public,
      consecutive_failures: 1,
    })
    expect(await client.everything()).toEqual(before.stored)
    expect((await client.freshness()).leads).toBe(before.fresh.leads)
    await expectRecovery(all, client, before.fresh)
    // A run that somebody asked for got in: nobody needs to be asked to reconnect any more.
    expect(await client.connection()).toMatchObject({
      state: 'active',
      state_reason: null,
      consecutive_failures: 0,
    })
  })

  test('a token that changed by itself in mid-run is asked for, and the next run with the new one goes on', async () => {
    await leaveChange(client)
    const { run } = await syncUnder(all, client, 'token-rotated', {
      nth: 2,
      params: { newToken: 'CANARY-TOKEN-second' },
    })
    expect([run.status, run.error_code]).toEqual(['failed', 'E_AUTH_REVOKED'])
    await client.storeSecret('accessToken', 'CANARY-TOKEN-second')
    await expectRecovery(all, client)
  })

  test('C17: what looks like another account replaces nothing that is stored', async () => {
    const before = await client.everything()
    const { run, streams } = await syncUnder(all, client, 'other-account')
    expect([run.status, run.error_code, streams.leads?.status]).toEqual([
      'suspect',
      'E_MASS_ABSENCE',
      'suspect',
    ])
    const after = new Set(await client.everything())
    expect(before.filter((line) => !after.has(line))).toEqual([])
    await client.sync({ acceptAbsence: true })
    await expectRecovery(all, client)
  })
})

describe('a CRM that asks to slow down', () => {
  const isLimited = { status: 'failed', error_code: 'E_RATE_LIMITED' }
  const dueInHours = async () =>
    (Date.parse(String((await client.connection()).next_due_at)) - Date.now()) / 3_600_000

  test('C3: without saying for how long and without end, fails the run after four calls, with nothing lost', async () => {
    await leaveChange(client)
    const before = await client.everything()
    const { run, asked } = await syncUnder(all, client, 'rate-limited-bare')
    expect(run).toMatchObject({ ...isLimited, error_detail: 'status 429', retries: 3 })
    expect(run.error_public).toBe(
      'ClientTether asked us to slow down. The data stays as it is; the next run tries again.',
    )
    expect(asked).toBe(4)
    expect(await client.everything()).toEqual(before)
    await expectRecovery(all, client)
  })

  test('C3: other accounts of the same CRM go on meanwhile', async () => {
    const other = await all.connect('CT_maple')
    all.simulator.faults.add({ fault: 'rate-limited-bare', account: rosewood.webKey })
    const [limited, free] = await Promise.all([client.sync(), other.sync()])
    all.simulator.faults.clear()
    expect([limited.run.status, free.run.status]).toEqual(['failed', 'success'])
  })

  test('C1: for a second is left alone for a second', async () => {
    const { run } = await syncUnder(all, client, 'rate-limited-seconds', {
      times: 1,
      params: { retryAfter: 1 },
    })
    expect(run.status).toBe('success')
    const calls = all.simulator.ledger.entries().filter(({ account }) => account === client.account.webKey)
    const refused = calls.findLastIndex(({ status }) => status === 429)
    expect((calls[refused + 1]?.wallMs ?? 0) - (calls[refused]?.wallMs ?? 0)).toBeGreaterThanOrEqual(995)
  })

  test('C2: until an instant is left alone until then', async () => {
    const until = new Date(Math.ceil((Date.now() + 500) / 1_000) * 1_000)
    const { run } = await syncUnder(all, client, 'rate-limited-date', {
      times: 1,
      params: { retryAfter: until.toUTCString() },
    })
    expect(run.status).toBe('success')
    const calls = all.simulator.ledger.entries().filter(({ account }) => account === client.account.webKey)
    const refused = calls.findLastIndex(({ status }) => status === 429)
    expect(calls[refused + 1]?.wallMs).toBeGreaterThanOrEqual(until.getTime() - 5)
  })

  test('C2: for eleven days is asked again in six hours, and not before', async () => {
    const { run, asked } = await syncUnder(all, client, 'rate-limited-huge')
    expect([run, asked]).toMatchObject([isLimited, 1])
    expect(await dueInHours()).toBeCloseTo(6, 1)
    await expectRecovery(all, client)
  })

  test('C2: for three minutes is asked again in three minutes', async () => {
    await all.db.query('update connections set next_due_at = now() where id = $1', [client.connectionId])
    const { asked } = await syncUnder(all, client, 'rate-limited-seconds', { params: { retryAfter: 180 } })
    expect(asked).toBe(1)
    expect(await dueInHours()).toBeCloseTo(0.05, 2)
    await expectSound(all.url)
  })
})
