import type { Business } from './businesses.ts'
import type { Deal, LeadSource, Owner, Person, PersonKind, Stage } from './facts.ts'
import { companyForms, firstNames, lastNames } from './names.ts'
import { WON_POSITION } from './pipeline.ts'
import { metros } from './places.ts'
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
}

const DAY = 86_400
const DEAL_IDS = 4_000_000

/** Start of a seed's ids: ids of two kinds, or of two seeds less than 97 apart, never coincide. */
export const idBase = (seed: number) => 10_000_000 * (1 + (seed % 97))

/** First id of people and of deals; the n-th row (from 0) has this id plus n. */
export const firstPersonId = (seed: number) => idBase(seed) + 1
/** See `firstPersonId`. */
export const firstDealId = (seed: number) => idBase(seed) + DEAL_IDS + 1

/** The person at `index`, who appeared at `createdAt`. Depends on nothing but the setting, the index and the instant. */
export function makePerson(setting: Setting, index: number, createdAt: number): Person {
  const random = new Random(setting.seed, 'person', index)
  const metro = random.pick(metros)
  // Companies leave the duplicate check off: about one person in ninety is entered a second time.
  const isRepeat = index > 0 && random.chance(1 / 90)
  const named = nameOf(
    isRepeat ? new Random(setting.seed, 'name', index - 1) : new Random(setting.seed, 'name', index),
  )
  const kind = kindOf(random.next())
  const number = isRepeat ? index - 1 : index
  return {
    id: firstPersonId(setting.seed) + index,
    firstName: named.firstName,
    lastName: named.lastName,
    company: companyOf(random, kind, named.lastName),
    email: emailOf(named, number),
    phone: phoneIn(metro.area, number % 100),
    city: metro.city,
    state: metro.state,
    kind,
    stageId: null,
    ownerId: random.pick(setting.owners).id,
    leadSourceId: random.pick(setting.leadSources).id,
    amountMinor: null,
    createdAt,
    modifiedAt: createdAt,
    visibleAt: createdAt,
    removedAt: 0,
    mergedInto: 0,
    firstDeal: -1,
    wire: null,
  }
}

/** Reserved for fiction: 555-0100 to 555-0199. */
export function phoneIn(area: string, number: number): string {
  return `${area}55501${String(number).padStart(2, '0')}`
}

function nameOf(random: Random): { firstName: string; lastName: string } {
  const firstName = random.pick(firstNames)
  const lastName = random.pick(lastNames)
  if (random.chance(0.01)) return { firstName: '', lastName: '' }
  return { firstName, lastName: random.chance(0.015) ? '' : lastName }
}

function kindOf(share: number): PersonKind {
  if (share < 0.78) return 'prospect'
  return share < 0.91 ? 'customer' : 'partner'
}

function companyOf(random: Random, kind: PersonKind, lastName: string): string {
  if (kind === 'partner') return `${lastName || 'Summit'} Franchise Advisors`
  return random.chance(0.25) ? `${lastName || 'Northgate'} ${random.pick(companyForms)}` : ''
}

function emailOf(named: { firstName: string; lastName: string }, number: number): string {
  const local = `${named.firstName}.${named.lastName}`
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/[^a-z.]/g, '')
    .replaceAll(/^\.|\.$/g, '')
  if (local === '') return ''
  return `${local}${number}@example.${number % 3 === 0 ? 'org' : 'com'}`
}

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

/** A franchise fee in cents for one to three units, or null: many deals carry no amount. */
export function amountOf(random: Random, business: Business, known: number): number | null {
  const units = unitsOf(random)
  const fee = random.pick(business.fees) * (units === 1 ? 1 : units * 0.8)
  const cents = random.chance(0.03) ? 50 : 0
  return random.chance(known) ? Math.round(fee / 100) * 10_000 + cents : null
}

function unitsOf(random: Random): number {
  const share = random.next()
  if (share < 0.75) return 1
  return share < 0.93 ? 2 : 3
}

/** The deal at `index` of this person; stage, owner, source and amount are the person's. Call `linkDeal` next. */
export function makeDeal(setting: Setting, index: number, person: Person, personIndex: number): Deal {
  const random = new Random(setting.seed, 'deal', index)
  return {
    id: firstDealId(setting.seed) + index,
    personIndex,
    nextDeal: -1,
    stageId: person.stageId,
    ownerId: person.ownerId,
    leadSourceId: person.leadSourceId,
    amountMinor: person.amountMinor,
    market: random.pick(metros).market,
    units: unitsOf(random),
    createdAt: person.createdAt,
    modifiedAt: person.modifiedAt,
    visibleAt: person.visibleAt,
    removedAt: 0,
    wire: null,
  }
}

/** The deals at the start: at most one per person as long as there are fewer deals than people. */
export function initialDeals(setting: Setting, people: Person[]): Deal[] {
  const count = setting.initialDeals
  return Array.from({ length: count }, (_, index) => {
    const personIndex =
      count <= people.length ? Math.floor((index * people.length) / count) : index % people.length
    const person = people[personIndex]
    if (!person) throw new Error('deals need people')
    const deal = makeDeal(setting, index, person, personIndex)
    deal.nextDeal = person.firstDeal
    person.firstDeal = index
    return deal
  })
}
