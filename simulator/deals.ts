import type { Deal, Person } from './facts.ts'
import { metros } from './places.ts'
import { Random } from './random.ts'
import { firstDealId, unitsAt, type Setting } from './setting.ts'

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
    units: unitsAt(setting.seed, personIndex),
    archivedAt: 0,
    createdAt: person.createdAt,
    modifiedAt: person.modifiedAt,
    visibleAt: person.visibleAt,
    removedAt: 0,
    wire: null,
  }
}

/**
 * The deals at the start: at most one per person as long as there are fewer deals than people, and none with a partner as
 * long as there are others.
 */
export function initialDeals(setting: Setting, people: Person[]): Deal[] {
  const count = setting.initialDeals
  const buyers = [...people.keys()].filter((index) => people[index]?.kind !== 'partner')
  const sought = count <= buyers.length ? buyers : [...people.keys()]
  return Array.from({ length: count }, (_, index) => {
    const at = count <= sought.length ? Math.floor((index * sought.length) / count) : index % sought.length
    const personIndex = sought[at] ?? -1
    const person = people[personIndex]
    if (!person) throw new Error('deals need people')
    const deal = makeDeal(setting, index, person, personIndex)
    deal.nextDeal = person.firstDeal
    person.firstDeal = index
    return deal
  })
}
