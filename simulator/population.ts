import type { Person, PersonKind } from './facts.ts'
import { amountOf } from './fees.ts'
import { makePerson } from './person.ts'
import { Random } from './random.ts'
import type { Setting } from './setting.ts'
import { WON_POSITION } from './stages.ts'

const DAY = 86_400

/** The people a company has at the start, in the order they came. */
export function initialPeople(setting: Setting): Person[] {
  return Array.from({ length: setting.initialPeople }, (_, index) => initialPerson(setting, index))
}

/** The person at `index` as they were at the start; people came over the whole history, in office hours. */
export function initialPerson(setting: Setting, index: number): Person {
  const { startAt, historySeconds, initialPeople: count } = setting
  const random = new Random(setting.seed, 'life', index)
  const elapsed = ((index + random.next()) / count) ** 0.9 * historySeconds
  const createdAt = inOfficeHours(startAt - historySeconds + elapsed, startAt)
  const person = makePerson(setting, index, createdAt)
  person.modifiedAt = lastTouch(random, setting, createdAt)
  person.stageId = stageAfter(random, setting, person.kind, (startAt - createdAt) / DAY)
  person.amountMinor = amountOf(random, setting.business, person.stageId === null ? 0.15 : 0.75)
  return person
}

/** Moves the instant into 13:00 to 02:00 UTC (8 a.m. to 9 p.m. in New York) of its day, unless that is still to come. */
export function inOfficeHours(instant: number, latest: number): number {
  const day = Math.floor(instant / DAY) * DAY
  const moved = Math.floor(day + 13 * 3600 + ((instant - day) * 13) / 24)
  return moved < latest ? moved : Math.floor(instant)
}

/** Days before the start at which everybody then known was changed by a bulk import: many equal instants. */
const IMPORT_DAYS_AGO = [110, 60, 16]

/** A third untouched since entry, a tenth last changed by a bulk import, the rest at random. */
function lastTouch(random: Random, { startAt }: Setting, createdAt: number): number {
  const share = random.next()
  if (share < 0.33) return createdAt
  const bulk = IMPORT_DAYS_AGO.map((days) => startAt - days * DAY).find((instant) => instant > createdAt)
  if (share < 0.43 && bulk !== undefined) return bulk
  return createdAt + Math.floor((startAt - 1 - createdAt) * random.next() ** 2)
}

function stageAfter(random: Random, setting: Setting, kind: PersonKind, ageDays: number): number | null {
  const share = random.next()
  if (kind === 'partner') return null
  if (kind === 'customer') return stageAt(setting, share < 0.85 ? WON_POSITION : WON_POSITION + 1)
  if (share < 0.08 || ageDays < 1) return null
  if (share < 0.15) return stageAt(setting, 0)
  const lost = 0.2 + Math.min(ageDays, 150) / 400
  if (share > 1 - lost) return stageAt(setting, WON_POSITION + 2 + random.int(5))
  const reached = Math.min(WON_POSITION - 1, Math.floor(random.next() ** 1.6 * (2 + ageDays / 6)) + 1)
  return stageAt(setting, reached)
}

function stageAt(setting: Setting, position: number): number | null {
  return setting.stages[position]?.id ?? null
}
