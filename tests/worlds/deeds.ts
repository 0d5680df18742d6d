import fc from 'fast-check'
import type { FaultName, Simulator } from '../../simulator/main.ts'
import type { Client } from '../worker/arrange.ts'

/** An account that things happen to, and our copy of it. */
export type World = { simulator: Simulator; client: Client }

/** Something that happens, to whomever the number says and with these words. */
export type Deed = (world: World, at: number, words: string) => unknown

/** One of those there are, by any number. */
export const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)]
const people = ({ client }: World) => client.account.truth().people.map(({ id }) => id)
const deals = ({ client }: World) => client.account.truth().deals.map(({ id }) => id)
const onPerson = (world: World, at: number, deed: (id: string) => unknown) => {
  const id = pick(people(world), at)
  if (id !== undefined) deed(id)
}

/** What may go wrong on the way to any CRM; none of it tells another truth about a record. */
export const faultsOnTheWay: readonly FaultName[] = [
  'server-error',
  'bad-gateway-html',
  'login-page',
  'empty-body',
  'error-body',
  'hung-up',
  'cut-body',
  'truncated-gzip',
  'invalid-json',
  'cut-json',
]

/** What people at the CRM's own screen do, and time. */
export const deedsOfPeople: Record<string, Deed> = {
  'add a person': ({ client }, _at, words) => client.account.addPerson({ firstName: words }),
  'add a deal': (world, at) =>
    onPerson(world, at, (id) => world.client.account.addDeal(id, { amountMinor: at })),
  'edit a person': (world, at, words) =>
    onPerson(world, at, (id) => world.client.account.editPerson(id, { lastName: words, company: words })),
  'edit a deal': (world, at) => {
    const id = pick(deals(world), at)
    if (id !== undefined) world.client.account.editDeal(id, { amountMinor: at % 7 === 0 ? null : at * 100 })
  },
  'remove a person': (world, at) => onPerson(world, at, (id) => world.client.account.removePerson(id)),
  'remove a deal': (world, at) => {
    const id = pick(deals(world), at)
    if (id !== undefined) world.client.account.removeDeal(id)
  },
  'merge two people': (world, at) => {
    const [winner, loser] = [pick(people(world), at), pick(people(world), at + 1)]
    if (winner !== undefined && loser !== undefined && winner !== loser)
      world.client.account.mergePeople(winner, loser)
  },
  'write a note': (world, at, words) => onPerson(world, at, (id) => world.client.account.addNote(id, words)),
  'take a note away': (world, at) => {
    const note = pick(world.client.account.truth().notes, at)
    if (note !== undefined) world.client.account.removeNote(note.id)
  },
  'book an appointment': (world, at) =>
    onPerson(world, at, (id) => world.client.account.addActivity(id, { kind: 'appointment' })),
  'let time pass': ({ simulator }, at) => simulator.advance((at % 48) * 3_600_000),
}

/** A deal is taken away and brought back before anybody looked. */
export const restoreDeal: Deed = (world, at) => {
  const id = pick(deals(world), at)
  if (id === undefined) return
  world.client.account.removeDeal(id)
  world.client.account.restoreDeal(id)
}

/** A run, and a run during which one of these faults meets one of these operations a few times. */
export const syncs = (
  faults: readonly FaultName[],
  operations: readonly string[],
  params: Record<string, string | number> = {},
): Record<string, Deed> => ({
  sync: ({ client }) => client.sync(),
  'sync while something is wrong': async ({ simulator, client }, at) => {
    simulator.faults.add({
      fault: pick(faults, at) ?? 'server-error',
      operation: pick(operations, Math.floor(at / faults.length)),
      nth: 1 + (at % 3),
      times: 1 + (at % 5),
      params,
    })
    await client.sync()
    simulator.faults.clear()
  },
})

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).map((text) => text.trim() || 'Ann')

/** Which of these happen, one after the other. */
export const stepsOf = (deeds: Record<string, unknown>, most: number) =>
  fc.array(fc.tuple(fc.constantFrom(...Object.keys(deeds)), fc.nat(10_000), words), { maxLength: most })

/** Rows on a page: a few, or a whole list of a small account. */
export const pageSizes = fc.constantFrom(2, 3, 5, 8, 13, 40)

/** What the account's own people do in a day besides: nothing, or more or less. */
export const paces = fc.constantFrom(0, 15, 60)
