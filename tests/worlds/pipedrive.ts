import fc from 'fast-check'
import { expect } from 'vitest'
import {
  startSimulator,
  type FaultName,
  type SimulatedAccount,
  type Simulator,
} from '../../simulator/main.ts'
import type { Client } from '../worker/arrange.ts'
import { connectPipedrive, expectHarbour, harbour } from '../worker/pipedrive-client.ts'
import { replay } from '../worker/replayed.ts'
import { paces, pageSizes, pick, stepsOf } from './deeds.ts'
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

type World = { simulator: Simulator; account: SimulatedAccount; client: Client }
type Deed = (world: World, at: number, words: string) => unknown

const onPerson =
  (deed: (account: SimulatedAccount, id: string, at: number, words: string) => unknown): Deed =>
  ({ account }, at, words) => {
    const person = pick(account.truth().people, at)
    if (person !== undefined) deed(account, person.id, at, words)
  }
const onDeal =
  (deed: (account: SimulatedAccount, id: string, at: number) => unknown): Deed =>
  ({ account }, at) => {
    const deal = pick(account.truth().deals, at)
    if (deal !== undefined) deed(account, deal.id, at)
  }

const deeds: Record<string, Deed> = {
  'add a person': ({ account }, _at, words) => account.addPerson({ firstName: words }),
  'add a deal': onPerson((account, id, at) => account.addDeal(id, { amountMinor: at })),
  'edit a person': onPerson((account, id, _at, words) =>
    account.editPerson(id, { lastName: words, company: words }),
  ),
  'edit a deal': onDeal((account, id, at) =>
    account.editDeal(id, { amountMinor: at % 7 === 0 ? null : at * 100 }),
  ),
  'put a deal away': onDeal((account, id) => account.archiveDeal(id)),
  'take a deal back': onDeal((account, id) => account.archiveDeal(id, false)),
  'delete a deal': onDeal((account, id) => account.removeDeal(id)),
  'delete a person': onPerson((account, id) => account.removePerson(id)),
  'merge two people': ({ account }, at) => {
    const { people } = account.truth()
    const [winner, loser] = [pick(people, at)?.id, pick(people, at + 1)?.id]
    if (winner !== undefined && loser !== undefined && winner !== loser) account.mergePeople(winner, loser)
  },
  'write a note': onPerson((account, id, _at, words) => account.addNote(id, words)),
  'delete a note': ({ account }, at) => {
    const note = pick(account.truth().notes, at)
    if (note !== undefined) account.removeNote(note.id)
  },
  'plan an activity': onPerson((account, id, at) =>
    account.addActivity(id, { kind: at % 2 === 0 ? 'task' : 'call' }),
  ),
  'let time pass': ({ simulator }, at) => simulator.advance((at % 48) * 3_600_000),
  sync: ({ client }) => client.sync(),
  'sync while something is wrong': async ({ simulator, client }, at) => {
    const fault = pick(faults, at) ?? 'server-error'
    const operation = pick(operations, Math.floor(at / faults.length))
    simulator.faults.add({
      fault,
      operation,
      nth: 1 + (at % 3),
      times: 1 + (at % 5),
      params: { field: 'title' },
    })
    await client.sync()
    simulator.faults.clear()
  },
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
      const account = simulator.account(harbour.webKey)
      const stored = await connectPipedrive({ ...all, simulator }, { pageSize, archivedOpenDeals: 'open' })
      const client: Client = { ...stored, account }
      for (const [deed, at, text] of steps) await deeds[deed]?.({ simulator, account, client }, at, text)
      const { run } = await client.sync({ acceptAbsence: true })
      expect([run.status, run.error_detail, run.quarantined]).toEqual(['success', null, 0])
      await expectHarbour(client)
      const before = await client.everything()
      const again = await client.sync()
      expect(again.run).toMatchObject({ status: 'success', created: 0, updated: 0, retired: 0 })
      expect(await client.everything()).toEqual(before)
      expect((await replay(all, client, 'verify')).differences).toEqual([])
    } finally {
      await simulator.close()
    }
  },
})
