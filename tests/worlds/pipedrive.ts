import fc from 'fast-check'
import { expect } from 'vitest'
import { startSimulator, type FaultName } from '../../simulator/main.ts'
import type { Client } from '../worker/arrange.ts'
import { connectPipedrive, expectHarbour, harbour } from '../worker/pipedrive-client.ts'
import { replay } from '../worker/replayed.ts'
import { deedsOfPeople, paces, pageSizes, pick, stepsOf, syncs, type Deed } from './deeds.ts'
import { expectSettled } from './settled.ts'
import { worldsOf } from './worlds.ts'

/** What may go wrong on the way; none that gives a record another id, or leaves one of two out. */
const faults: FaultName[] = [
  'server-error',
  'bad-gateway-html',
  'unavailable',
  'gateway-timeout',
  'login-page',
  'redirect',
  'no-content',
  'empty-body',
  'invalid-json',
  'cut-json',
  'cut-body',
  'hung-up',
  'truncated-gzip',
  'data-missing',
  'data-not-an-array',
  'empty-list',
  'emoji',
  'lone-surrogate',
  'null-character',
  'script-text',
  'byte-order-mark',
  'deep-nesting',
  'proto-key',
  'unknown-field',
  'field-null',
  'id-missing',
  'pipedrive-cool-down',
  'pipedrive-scope-missing',
  'pipedrive-not-open',
  'pipedrive-paging-missing',
  'pipedrive-empty-page',
]
const operations = [
  'v1/users',
  'v2/stages',
  'v2/dealFields',
  'v2/organizations',
  'v2/persons',
  'v1/leads',
  'v1/leads/archived',
  'v2/deals',
  'v2/deals/archived',
  'v1/notes',
  'v2/activities',
]

const archive =
  (isAway: boolean): Deed =>
  ({ client: { account } }, at) => {
    const deal = pick(account.truth().deals, at)
    if (deal !== undefined) account.archiveDeal(deal.id, isAway)
  }

const { 'book an appointment': _, ...common } = deedsOfPeople
const deeds: Record<string, Deed> = {
  ...common,
  'plan an activity': ({ client: { account } }, at) => {
    const person = pick(account.truth().people, at)
    if (person !== undefined) account.addActivity(person.id, { kind: at % 2 === 0 ? 'task' : 'call' })
  },
  'put a deal away': archive(true),
  'take a deal back': archive(false),
  ...syncs(faults, operations, { field: 'title' }),
}

const world = fc.record({
  seed: fc.nat(90),
  people: fc.integer({ min: 1, max: 30 }),
  gzip: fc.boolean(),
  pipedrive: fc.record({
    limitHeaders: fc.boolean(),
    leadsPaging: fc.constantFrom('nested' as const, 'flat' as const),
  }),
  pageSize: pageSizes,
  changesPerDay: paces,
})

/**
 * Whatever happens to whichever company, a clean run ends with what it holds, the next one writes nothing, and a replay agrees.
 */
export const pipedrive = worldsOf({
  account: harbour,
  world: fc.record({ world, steps: stepsOf(deeds, 14) }),
  holds: async (all, { world: { pageSize, ...options }, steps }) => {
    const { deals: _, ...company } = harbour
    const simulator = await startSimulator({
      accounts: [{ ...company, startAt: new Date(), ...options }],
    })
    try {
      const stored = await connectPipedrive({ ...all, simulator }, { pageSize, archivedOpenDeals: 'open' })
      const client: Client = { ...stored, account: simulator.account(harbour.webKey) }
      for (const [deed, at, text] of steps) await deeds[deed]?.({ simulator, client }, at, text)
      await expectSettled(client, expectHarbour)
      expect((await replay(all, client, 'verify')).differences).toEqual([])
    } finally {
      await simulator.close()
    }
  },
})
