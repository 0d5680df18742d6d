import type { Business } from './businesses.ts'
import type { LeadSource, Owner, Stage } from './facts.ts'
import { unitsOf } from './fees.ts'
import { Random } from './random.ts'

/** What one company's people and deals are made from. Instants are seconds since 1970. */
export type Setting = {
  seed: number
  business: Business
  stages: Stage[]
  owners: Owner[]
  leadSources: LeadSource[]
  startAt: number
  historySeconds: number
  initialPeople: number
  initialDeals: number
  /** Share of the people who had come by the end of each day of the past; see `arrivalsByDay`. */
  arrivals: readonly number[]
}

/** How many units the person at `index` wants; the amount of their deal is for as many. */
export const unitsAt = (seed: number, index: number) => unitsOf(new Random(seed, 'units', index))

/** Start of a seed's ids: ids of two kinds, or of two seeds less than 97 apart, never coincide. */
const idBase = (seed: number) => 10_000_000 * (1 + (seed % 97))

/** Id of the first person; the n-th (from 0) has this id plus n. */
export const firstPersonId = (seed: number) => idBase(seed) + 1

/** As `firstPersonId`, of people whose id comes from a merge. */
export const firstMergedId = (seed: number) => idBase(seed) + 2_000_001

/** As `firstPersonId`, of deals. */
export const firstDealId = (seed: number) => idBase(seed) + 4_000_001

/** As `firstPersonId`, of activities. */
export const firstActivityId = (seed: number) => idBase(seed) + 8_000_001

/** Notes have their own numbers, above 2^31 as ids of old accounts are. */
export const firstNoteId = (seed: number) => 3_000_000_000 + (seed % 97) * 200_000_000
