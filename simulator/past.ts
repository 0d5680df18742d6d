import { rowAt } from './facts.ts'
import type { AccountOptions } from './options.ts'
import { stepsOf } from './population.ts'
import { worldOf } from './world-of.ts'

/** What a deal was from an instant on; `stage` is null for one that nobody had put in a stage yet. */
export type DealState = { at: Date; stage: string | null; amountMinor: number | null }

/** The past of one deal by its id on the wire: when it came, and each step after it, oldest first. */
export type PastDeal = { id: string; states: DealState[] }

/**
 * What the CRM itself does not tell: how the deals of this account came to stand where they stand at the start. For whoever
 * wants a copy that looks as if it had been there all along.
 */
export function pastOf(options: AccountOptions, startAt: Date): PastDeal[] {
  const { setting, people, deals } = worldOf(options, Math.floor(startAt.getTime() / 1000))
  return deals.map(({ id, personIndex }) => {
    const person = rowAt(people, personIndex)
    const steps = stepsOf(setting, personIndex, person).map(({ at, position, amountMinor }) => {
      return { at: new Date(at * 1000), stage: rowAt(setting.stages, position).name, amountMinor }
    })
    return {
      id: String(id),
      states: [{ at: new Date(person.createdAt * 1000), stage: null, amountMinor: null }, ...steps],
    }
  })
}
