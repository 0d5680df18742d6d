import fc from 'fast-check'
import { faultNames } from '../../simulator/fault-names.ts'
import { startSimulator, type FaultName, type Simulator } from '../../simulator/main.ts'
import { rosewood, type Arrangement, type Client } from '../worker/arrange.ts'
import { expectTruth } from '../worker/truth.ts'
import { deedsOfPeople, paces, pageSizes, stepsOf, syncs } from './deeds.ts'
import { expectNothingBuriedAlive, expectSettled } from './settled.ts'
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

const deeds = { ...deedsOfPeople, ...syncs(faults, operations, { retryAfter: 0 }) }

const versions = async ({ db }: Arrangement, { tenantId }: Client) =>
  (await db.query('select count(*)::int as count from opportunity_versions where tenant_id = $1', [tenantId]))
    .rows

/** Faults that give a record another id, or leave one of two out: nobody could tell that from a record that has gone. */
const misleading: FaultName[] = ['number-id', 'duplicate-keys', 'half-list']
const isMisled = ({ faults }: Simulator) => misleading.some((fault) => faults.fired(fault) > 0)

/** The ids of all that the account holds, for each table: the records of one person are told apart by their kind alone. */
function aliveIn({ account }: Client): Record<string, Set<string>> {
  const truth = account.truth()
  const ids = new Set([...truth.people, ...truth.deals, ...truth.activities].map(({ id }) => id))
  const notes = new Set(truth.notes.map(({ id }) => id))
  return { leads: ids, contacts: ids, opportunities: ids, activities: ids, notes }
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
        if (deed.startsWith('sync') && !isMisled(simulator))
          await expectNothingBuriedAlive(client, aliveIn(client))
      }
      await expectSettled(client, expectTruth, async () => [
        await client.everything(),
        await versions(all, client),
      ])
    } finally {
      await simulator.close()
    }
  },
})
