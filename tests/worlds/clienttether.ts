import fc from 'fast-check'
import { expect } from 'vitest'
import { faultNames } from '../../simulator/fault-names.ts'
import { startSimulator, type FaultName, type Simulator } from '../../simulator/main.ts'
import { rosewood, type Arrangement, type Client } from '../worker/arrange.ts'
import { expectTruth } from '../worker/truth.ts'
import { deedsOfPeople, paces, pageSizes, pick, stepsOf, type Deed } from './deeds.ts'
import { worldsOf } from './worlds.ts'

/** Not those that only take long, and not those after which somebody has to come: their own tests wait for them. */
const apart = new Set([
  'slow-drip',
  'never-answers',
  'slow-answer',
  'gzip-bomb',
  'huge-body',
  'token-rotated',
  'other-account',
])
const ofOthers = /^(hubspot|salesforce|pipedrive)-/
const faults = Object.keys(faultNames).filter(
  (name) => !apart.has(name) && !ofOthers.test(name),
) as FaultName[]
const operations = [
  'read_user_list',
  'read_sales_cycle_list',
  'read_lead_source_list',
  'read_client_list',
  'read_opportunity_list',
  'read_client_history_notes',
  'read_all_events',
]

const deeds: Record<string, Deed> = {
  ...deedsOfPeople,
  sync: ({ client }) => client.sync(),
  'sync while something is wrong': async ({ simulator, client }, at) => {
    const fault = pick(faults, at) ?? 'server-error'
    const operation = pick(operations, Math.floor(at / faults.length))
    simulator.faults.add({
      fault,
      operation,
      nth: 1 + (at % 3),
      times: 1 + (at % 5),
      params: { retryAfter: 0 },
    })
    await client.sync()
    simulator.faults.clear()
  },
}

const versions = async ({ db }: Arrangement, { tenantId }: Client) =>
  (await db.query('select count(*)::int as count from opportunity_versions where tenant_id = $1', [tenantId]))
    .rows

/** Faults that give a record another id, or leave one of two out: nobody could tell that from a record that has gone. */
const misleading: FaultName[] = ['number-id', 'duplicate-keys', 'half-list']

/** No record that the CRM still holds is a tombstone. */
async function expectNothingBuriedAlive(simulator: Simulator, client: Client): Promise<void> {
  if (misleading.some((fault) => simulator.faults.fired(fault) > 0)) return
  const truth = client.account.truth()
  const alive = new Set([...truth.people, ...truth.deals, ...truth.activities].map(({ id }) => id))
  for (const table of ['leads', 'contacts', 'opportunities', 'activities']) {
    const buried = (await client.records(table)).filter((row) => row.deleted_at !== null)
    expect(buried.filter((row) => alive.has(String(row.source_id)))).toEqual([])
  }
}

const world = fc.record({
  seed: fc.nat(90),
  people: fc.nat(30),
  order: fc.constantFrom('oldestFirst' as const, 'newestFirst' as const),
  keySpelling: fc.constantFrom('ResultCode' as const, 'resultCode' as const),
  emptyList: fc.constantFrom('CT515' as const, 'emptyArray' as const),
  errorStatus: fc.constantFrom('always200' as const, 'http' as const),
  gzip: fc.boolean(),
  pageSize: pageSizes,
  changesPerDay: paces,
})

/** Whatever happens to whichever account, a clean run ends with what the account holds, and the next one writes nothing. */
export const clientTether = worldsOf({
  account: rosewood,
  world: fc.record({ world, steps: stepsOf(deeds, 14) }),
  holds: async (all, { world: { pageSize, ...options }, steps }) => {
    const simulator = await startSimulator({ accounts: [{ ...rosewood, ...options }] })
    try {
      const settings = { pageSize, notesSweepHours: 1 }
      const stored = await all.connect(rosewood.webKey, settings, simulator.baseUrl)
      const client: Client = { ...stored, account: simulator.account(rosewood.webKey) }
      for (const [deed, at, text] of steps) {
        await deeds[deed]?.({ simulator, client }, at, text)
        if (deed.startsWith('sync')) await expectNothingBuriedAlive(simulator, client)
      }
      const { run } = await client.sync({ acceptAbsence: true })
      expect([run.status, run.error_detail, run.quarantined]).toEqual(['success', null, 0])
      await expectTruth(client)
      const before = [await client.everything(), await versions(all, client)]
      const again = await client.sync()
      expect(again.run).toMatchObject({ status: 'success', created: 0, updated: 0, retired: 0 })
      expect([await client.everything(), await versions(all, client)]).toEqual(before)
    } finally {
      await simulator.close()
    }
  },
})
