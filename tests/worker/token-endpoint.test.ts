import { afterEach, expect, test } from 'vitest'
import type { AccountOptions } from '../../simulator/main.ts'
import { claimDueSlots } from '../../worker/schedule.ts'
import { arrange, rosewood, type Arrangement, type Client } from './arrange.ts'

let all: Arrangement
afterEach(() => all.close())

type Crm = 'hubspot' | 'pipedrive' | 'salesforce'

const oauth = {
  clientId: 'the-app',
  clientSecret: 'CANARY-CLIENT-SECRET',
  refreshToken: 'CANARY-REFRESH-0',
}
const company = (crm: Crm): AccountOptions => ({
  ...rosewood,
  crm,
  people: 6,
  oauth: { ...oauth, ...(crm === 'pipedrive' && { homeField: 'api_domain' as const }) },
})

/** The worker is started again with an app of these names. */
function startWith(crm: Crm, clientId: string, clientSecret: string): void {
  const name = crm.toUpperCase() as Uppercase<Crm>
  all.worker.config = {
    ...all.worker.config,
    [`${name}_APP_CLIENT_ID`]: clientId,
    [`${name}_APP_CLIENT_SECRET`]: clientSecret,
    [`${name}_APP_URL`]: all.simulator.url,
  }
}

async function connectByConsent(crm: Crm, connector: string): Promise<Client> {
  all = await arrange([company(crm)])
  const client = await all.connect()
  await all.db.query('update connections set connector = $1, by_consent = true', [connector])
  await all.db.query('delete from connection_secrets')
  await client.storeSecret('refreshToken', oauth.refreshToken)
  return client
}

test.each([
  ['hubspot', 'hubspot-oauth'],
  ['pipedrive', 'pipedrive-app'],
  ['salesforce', 'salesforce-app'],
] as const)(
  'an app of %s that was set up wrong disconnects nobody: the run says which variables, and the next one after the correction goes through',
  async (crm, connector) => {
    const client = await connectByConsent(crm, connector)
    for (const [id, secret] of [
      [oauth.clientId, 'CANARY of another app'],
      ['another app', oauth.clientSecret],
    ] as const) {
      startWith(crm, id, secret)
      const { run } = await client.sync()
      expect([run.status, run.error_code], run.error_detail ?? '').toEqual(['failed', 'E_SETTINGS'])
      expect(run.error_detail).toContain(`${crm.toUpperCase()}_APP_CLIENT_SECRET`)
      expect(run.error_detail).not.toMatch(/CANARY/)
      expect(await client.connection()).toMatchObject({ state: 'active', state_reason: null })
    }
    await all.db.query(`update connections set next_due_at = now() - interval '3 hours'`)
    expect(await claimDueSlots(all.database, '0 * * * *')).toHaveLength(1)
    await all.db.query(`delete from sync_runs where status = 'queued'`)
    startWith(crm, oauth.clientId, oauth.clientSecret)
    const { run } = await client.sync()
    expect([run.status, run.error_detail]).toEqual(['success', null])
  },
)

test('of an app whose keys somebody entered with the connection, these are to be corrected', async () => {
  all = await arrange([company('hubspot')])
  const client = await all.connect()
  await all.db.query(`update connections set connector = 'hubspot-oauth'`)
  for (const field of ['clientId', 'refreshToken'] as const) await client.storeSecret(field, oauth[field])
  await client.storeSecret('clientSecret', 'CANARY of another app')
  const { run } = await client.sync()
  expect([run.status, run.error_code], run.error_detail ?? '').toEqual(['failed', 'E_SETTINGS'])
  expect(run.error_detail).toMatch(/correct the keys of the app that were entered here$/)
  expect(await client.connection()).toMatchObject({ state: 'active' })
})
