import type { Person, PersonKind } from './facts.ts'
import { companyForms, firstNames, lastNames } from './names.ts'
import { metros } from './places.ts'
import { Random } from './random.ts'
import { firstPersonId, type Setting } from './setting.ts'

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
    ownerId: random.skewed(setting.owners, setting.seed).id,
    leadSourceId: random.skewed(setting.leadSources, setting.seed).id,
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
  return share < 0.92 ? 'prospect' : 'partner'
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
