import fc from 'fast-check'
import { salesforceId } from '../../simulator/salesforce-ids.ts'
import { startSimulator, type FaultName } from '../../simulator/main.ts'
import type { Client } from '../worker/arrange.ts'
import { connectSalesforce, expectLarkspur, larkspur } from '../worker/salesforce-client.ts'
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

/** Faults of the way to the CRM and of its limits. What a record says is never changed by them: that would be read once a day. */
const faults: FaultName[] = [
  ...faultsOnTheWay,
  'rate-limited-bare',
  'salesforce-daily-limit',
  'salesforce-concurrent-limit',
  'salesforce-query-timeout',
  'salesforce-maintenance',
  'salesforce-rows-missing',
]
const operations = [
  'User',
  'Account',
  'Contact',
  'Lead',
  'Opportunity',
  'Task',
  'Event',
  'Note',
  'ContentDocument',
].flatMap((object) => [`queryAll.${object}`, `describe.${object}`, `deleted.${object}`])

const deeds: Record<string, Deed> = {
  ...deedsOfPeople,
  'restore a deal': restoreDeal,
  'purge a person': ({ client }, at) => {
    const person = pick(
      client.account.truth().people.filter(({ kind }) => kind !== 'prospect'),
      at,
    )
    if (person !== undefined) client.account.purgePerson(person.id)
  },
  'end every session': ({ client }) => client.account.endAccess(),
  ...syncs(faults, operations),
}

/** The ids of the opportunities and people that the org holds, for each table. */
function aliveIn({ account }: Client): Record<string, string[]> {
  const { deals, people } = account.truth()
  return {
    opportunities: deals.map(({ id }) => salesforceId('Opportunity', Number(id))),
    contacts: people.map(({ id }) => salesforceId('Contact', Number(id))),
    leads: people.map(({ id }) => salesforceId('Lead', Number(id))),
  }
}

const world = fc.record({ seed: fc.nat(90), people: fc.nat(24), gzip: fc.boolean(), changesPerDay: paces })
const wires = fc.record({ rowsPerAnswer: pageSizes, bulkPolls: fc.constant(1) })

/** Whatever happens to whichever org, a clean run ends with what the org holds, and the next one writes nothing. */
export const salesforce = worldsOf({
  account: larkspur,
  world: fc.record({
    world,
    wire: wires,
    pageSize: pageSizes,
    steps: stepsOf(deeds, 12),
  }),
  holds: async (all, { world: options, wire, pageSize, steps }) => {
    const account = {
      ...larkspur,
      ...options,
      deals: Math.floor(options.people * 0.8),
      startAt: new Date(),
      salesforce: { ...larkspur.salesforce, ...wire },
    }
    const simulator = await startSimulator({ accounts: [account] })
    try {
      const stored = await connectSalesforce({ ...all, simulator }, { pageSize })
      const client: Client = { ...stored, account: simulator.account(larkspur.webKey) }
      for (const [deed, at, text] of steps) {
        await deeds[deed]?.({ simulator, client }, at, text)
        if (deed.startsWith('sync')) await expectNothingBuriedAlive(client, aliveIn(client))
      }
      // The feed of deletions goes by whole minutes, and not into the present one.
      simulator.advance(120_000)
      await expectSettled(client, expectLarkspur)
    } finally {
      await simulator.close()
    }
  },
})
