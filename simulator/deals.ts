import type { Deal, Person } from './facts.ts'
import { unitsOf } from './fees.ts'
import { metros } from './places.ts'
import { Random } from './random.ts'
import { firstDealId, type Setting } from './setting.ts'

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
