import type { Person } from './facts.ts'
import { journeyOf, type Step } from './journey.ts'
import { inOfficeHours } from './office-hours.ts'
import { makePerson } from './person.ts'
import { Random } from './random.ts'
import { secondsUntil } from './season.ts'
import type { Setting } from './setting.ts'
import { WON_POSITION } from './stages.ts'

const DAY = 86_400

/** The people a company has at the start, in the order they came. */
export function initialPeople(setting: Setting): Person[] {
  return Array.from({ length: setting.initialPeople }, (_, index) => initialPerson(setting, index))
}

/** The person at `index` as they were at the start; people came over the whole history, in office hours. */
export function initialPerson(setting: Setting, index: number): Person {
  const { startAt, historySeconds, initialPeople: count, arrivals } = setting
  const random = new Random(setting.seed, 'life', index)
  const elapsed = secondsUntil((index + random.next()) / count, arrivals, historySeconds)
  const createdAt = inOfficeHours(startAt - historySeconds + elapsed, startAt)
  const person = makePerson(setting, index, createdAt)
  const last = stepsOf(setting, index, person).at(-1)
  person.modifiedAt = lastTouch(random, setting, last?.at ?? createdAt)
  if (last === undefined) return person
  person.stageId = last.stageId
  person.amountMinor = last.amountMinor
  if (last.position === WON_POSITION) person.kind = 'customer'
  return person
}

/** The steps of the sale to this person up to the start; a partner is sold nothing. */
export function stepsOf(setting: Setting, index: number, { kind, createdAt }: Person): Step[] {
  return kind === 'partner' ? [] : journeyOf(setting, index, createdAt)
}

/** Days before the start at which everybody then known was changed by a bulk import: many equal instants. */
const IMPORT_DAYS_AGO = [110, 60, 16]

/** A third untouched since their last step, a tenth last changed by a bulk import, the rest at random. */
function lastTouch(random: Random, { startAt }: Setting, steppedAt: number): number {
  const share = random.next()
  if (share < 0.33) return steppedAt
  const bulk = IMPORT_DAYS_AGO.map((days) => startAt - days * DAY).find((instant) => instant > steppedAt)
  if (share < 0.43 && bulk !== undefined) return bulk
  return steppedAt + Math.floor((startAt - 1 - steppedAt) * random.next() ** 2)
}
