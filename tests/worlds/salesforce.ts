import fc from 'fast-check'
import { expect } from 'vitest'
import { salesforceId } from '../../simulator/salesforce-ids.ts'
import { startSimulator, type FaultName } from '../../simulator/main.ts'
import type { Client } from '../worker/arrange.ts'
import { connectSalesforce, expectLarkspur, larkspur } from '../worker/salesforce-client.ts'
import { deedsOfPeople, faultsOnTheWay, paces, pageSizes, pick, stepsOf, type Deed } from './deeds.ts'
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
  'restore a deal': ({ client }, at) => {
    const deal = pick(client.account.truth().deals, at)
    if (deal === undefined) return
    client.account.removeDeal(deal.id)
    client.account.restoreDeal(deal.id)
  },
  'purge a person': ({ client }, at) => {
    const person = pick(
      client.account.truth().people.filter(({ kind }) => kind !== 'prospect'),
      at,
    )
    if (person !== undefined) client.account.purgePerson(person.id)
  },
  'end every session': ({ client }) => client.account.endAccess(),
  sync: ({ client }) => client.sync(),
  'sync while something is wrong': async ({ simulator, client }, at) => {
    simulator.faults.add({
      fault: pick(faults, at) ?? 'server-error',
      operation: pick(operations, Math.floor(at / faults.length)),
      nth: 1 + (at % 3),
      times: 1 + (at % 5),
    })
    await client.sync()
    simulator.faults.clear()
  },
}

/** No opportunity or person that the org still holds is a tombstone. */
async function expectNothingBuriedAlive(client: Client): Promise<void> {
  const { deals, people } = client.account.truth()
  const alive = new Set([
    ...deals.map(({ id }) => salesforceId('Opportunity', Number(id))),
    ...people.flatMap(({ id }) => [salesforceId('Contact', Number(id)), salesforceId('Lead', Number(id))]),
  ])
  for (const table of ['opportunities', 'contacts', 'leads']) {
    const buried = (await client.records(table)).filter((row) => row.deleted_at !== null)
    expect(buried.filter((row) => alive.has(String(row.source_id)))).toEqual([])
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
        if (deed.startsWith('sync')) await expectNothingBuriedAlive(client)
      }
      // The feed of deletions goes by whole minutes, and not into the present one.
      simulator.advance(120_000)
      const { run } = await client.sync({ acceptAbsence: true })
      expect([run.status, run.error_detail, run.quarantined]).toEqual(['success', null, 0])
      await expectLarkspur(client)
      const before = await client.everything()
      const again = await client.sync()
      expect(again.run).toMatchObject({ status: 'success', created: 0, updated: 0, retired: 0 })
      expect(await client.everything()).toEqual(before)
    } finally {
      await simulator.close()
    }
  },
})
