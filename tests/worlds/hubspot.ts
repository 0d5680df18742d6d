import fc from 'fast-check'
import { expect } from 'vitest'
import { startSimulator, type AccountOptions, type FaultName } from '../../simulator/main.ts'
import type { Client } from '../worker/arrange.ts'
import { replay } from '../worker/replayed.ts'
import { expectTruth } from '../worker/truth.ts'
import {
  deedsOfPeople,
  faultsOnTheWay,
  paces,
  pageSizes,
  pick,
  restoreDeal,
  stepsOf,
  syncs,
  type Deed,
} from './deeds.ts'
import { expectNothingBuriedAlive, expectSettled } from './settled.ts'
import { worldsOf } from './worlds.ts'

const laurel: AccountOptions = {
  crm: 'hubspot',
  webKey: 'laurel',
  accessToken: 'CANARY-TOKEN-laurel',
  seed: 7,
  people: 24,
  notesPerPerson: 1,
}
const day = 86_400_000

/** Faults of the way to the CRM, of its limits and of its pages. What a record says is never changed by them: that would be read once a week. */
const faults: FaultName[] = [
  ...faultsOnTheWay,
  'hubspot-search-limit',
  'hubspot-daily-limit',
  'hubspot-moving',
  'hubspot-too-slow',
  'hubspot-malformed-token',
  'hubspot-short-page',
  'hubspot-empty-page',
  'hubspot-paging-renamed',
  'hubspot-next-missing',
  'hubspot-nothing',
]
const operations = [
  'owners',
  'pipelines.deals',
  'associations.deals.contacts',
  'associations.notes.contacts',
  ...['contacts', 'deals', 'leads', 'notes', 'calls', 'meetings', 'tasks', 'emails'].flatMap((type) => [
    type,
    `${type}.search`,
    `${type}.archived`,
  ]),
]

const deeds: Record<string, Deed> = {
  ...deedsOfPeople,
  'hand everybody over at once': ({ client }, at) => {
    for (const { id } of client.account.truth().people)
      client.account.editPerson(id, { phone: `212555${at % 10_000}` })
  },
  'restore a deal': restoreDeal,
  'purge a person': ({ client }, at) => {
    // The stand-in keeps the deals of who is forgotten.
    const { people, deals } = client.account.truth()
    const lonely = people.filter(({ id }) => deals.every(({ personId }) => personId !== id))
    const person = pick(lonely, at)
    if (person !== undefined) client.account.purgePerson(person.id)
  },
  ...syncs(faults, operations),
}

/** The ids of all that the account holds, for each table. */
function aliveIn({ account }: Client): Record<string, string[]> {
  const { deals, people, notes } = account.truth()
  const idsOf = (records: readonly { id: string }[]) => records.map(({ id }) => id)
  return { contacts: idsOf(people), opportunities: idsOf(deals), notes: idsOf(notes) }
}

const world = fc.record({
  seed: fc.nat(90),
  people: fc.nat(24),
  gzip: fc.boolean(),
  changesPerDay: paces,
  hubspot: fc.record({ searchLagSeconds: fc.constantFrom(0, 20, 200) }),
})
const pages = fc.record({
  pageSize: pageSizes,
  searchPageSize: pageSizes,
})

/**
 * Whatever happens to whichever account, a clean run within the week ends with what it holds, the next one writes nothing, and a
 * replay agrees.
 */
export const hubSpot = worldsOf({
  account: laurel,
  world: fc.record({ world, settings: pages, steps: stepsOf(deeds, 12) }),
  holds: async (all, { world: options, settings, steps }) => {
    const simulator = await startSimulator({ accounts: [{ ...laurel, startAt: new Date(), ...options }] })
    try {
      const stored = await all.connect(laurel.webKey, settings, `${simulator.url}/`)
      const client: Client = { ...stored, account: simulator.account(laurel.webKey) }
      for (const [deed, at, text] of steps) {
        await deeds[deed]?.({ simulator, client }, at, text)
        if (deed.startsWith('sync')) await expectNothingBuriedAlive(client, aliveIn(client))
      }
      // Links change no stamp, and who is forgotten is in no list: both are seen when every list is read whole again.
      simulator.advance(8 * day)
      await expectSettled(client, expectTruth)
      expect((await replay(all, client, 'verify')).differences).toEqual([])
    } finally {
      await simulator.close()
    }
  },
})
