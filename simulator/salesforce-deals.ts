import type { DealStep } from './deal-journeys.ts'
import { rowAt, type Deal, type Stage } from './facts.ts'
import { prefixes, salesforceId } from './salesforce-ids.ts'
import {
  currencyField,
  day,
  kept,
  object,
  ownerField,
  refersTo,
  type ObjectType,
} from './salesforce-objects.ts'
import type { Org } from './salesforce-org.ts'

type Held = Deal & { index: number }

const DAY = 86_400
const stage = ({ stageId }: Held, org: Org) => org.stageOf(stageId)
const stageNames = (org: Org): string[] => org.world.setting.stages.map(({ name }) => name)

export const opportunity: ObjectType = object<Held>({
  name: 'Opportunity',
  keyPrefix: prefixes.Opportunity,
  follows: ['deals'],
  fields: [
    ['Name', 'string', ({ market, units }) => `${market}, ${units} ${units === 1 ? 'unit' : 'units'}`],
    ['AccountId', 'reference', contactOf('Account'), refersTo('Account', 'Account')],
    ['ContactId', 'reference', contactOf('Contact'), refersTo('Contact', 'Contact')],
    ['StageName', 'picklist', (deal, org) => stage(deal, org).name, { values: stageNames }],
    ['Amount', 'currency', (deal, org) => org.amountOf(deal)],
    ['Probability', 'percent', (deal, org) => stage(deal, org).likelihood],
    ['ExpectedRevenue', 'currency', expected, { isCalculated: true }],
    ['CloseDate', 'date', ({ createdAt }) => day(createdAt + 90 * DAY)],
    ['Type', 'picklist', () => 'New Franchisee', { values: () => ['New Franchisee', 'Renewal'] }],
    ['LeadSource', 'picklist', ({ leadSourceId }, org) => org.sourceOf(leadSourceId)],
    ['IsClosed', 'boolean', (deal, org) => stage(deal, org).isClosed],
    ['IsWon', 'boolean', (deal, org) => stage(deal, org).isWon],
    ['ForecastCategoryName', 'picklist', (deal, org) => forecast(stage(deal, org))],
    ['NextStep', 'string', () => null],
    ['Description', 'textarea', () => null],
    [
      'LastStageChangeDate',
      'datetime',
      ({ createdAt, modifiedAt }) => (modifiedAt > createdAt ? modifiedAt : null),
    ],
    ['Market__c', 'string', ({ market }) => market],
    ['Units__c', 'double', ({ units }) => units],
    currencyField,
    ownerField,
  ],
  keep: (org) => org.world.deals.map((deal, index) => keptDeal(org, deal, index)),
})

/** How each opportunity moved: a row for each stage and amount that it had, the first ones with it. None is changed afterwards. */
export const opportunityHistory: ObjectType = object<Held & DealStep>({
  name: 'OpportunityHistory',
  keyPrefix: prefixes.OpportunityHistory,
  follows: ['deals'],
  isReplicateable: false,
  fields: [
    [
      'OpportunityId',
      'reference',
      ({ id }) => salesforceId('Opportunity', id),
      refersTo('Opportunity', 'Opportunity'),
    ],
    ['StageName', 'picklist', (deal, org) => stage(deal, org).name],
    ['Amount', 'currency', (deal, org) => org.amountOf(deal)],
    ['CloseDate', 'date', ({ createdAt }) => day(createdAt + 90 * DAY)],
    currencyField,
  ],
  keep: (org) =>
    org.world.deals.flatMap((deal, index) => {
      const { removedAt, visibleAt } = deal
      return org.journeyOf(index).map((step, place) => {
        const id = salesforceId('OpportunityHistory', deal.id * 1_000 + place)
        return { ...kept(id, step.at, step.at, { ...deal, ...step, index }), removedAt, visibleAt }
      })
    }),
})

export const opportunityStage: ObjectType = object<Stage>({
  name: 'OpportunityStage',
  keyPrefix: prefixes.OpportunityStage,
  follows: [],
  isReplicateable: false,
  fields: [
    ['ApiName', 'string', ({ name }) => name],
    ['MasterLabel', 'string', ({ name }) => name],
    ['SortOrder', 'int', ({ order }) => order],
    ['IsActive', 'boolean', () => true],
    ['IsClosed', 'boolean', ({ id }, org) => org.stageOf(id).isClosed],
    ['IsWon', 'boolean', ({ id }, org) => org.stageOf(id).isWon],
    ['DefaultProbability', 'percent', ({ likelihood }) => likelihood ?? 0],
    ['ForecastCategoryName', 'picklist', ({ id }, org) => forecast(org.stageOf(id))],
  ],
  keep: ({ world }) => {
    const { stages, startAt, historySeconds } = world.setting
    const at = startAt - historySeconds
    return stages.map((of) => kept(salesforceId('OpportunityStage', of.id), at, at, of))
  },
})

function keptDeal(org: Org, deal: Deal, index: number) {
  const { createdAt, modifiedAt, removedAt, visibleAt, wire } = deal
  const stamp = Math.max(modifiedAt, removedAt, org.movedAt('deals', index))
  const id = salesforceId('Opportunity', deal.id)
  const isPurged = org.world.isPurged(deal)
  return { ...kept(id, createdAt, stamp, { ...deal, index }), removedAt, visibleAt, wire, isPurged }
}

function contactOf(kind: 'Account' | 'Contact') {
  return ({ personIndex }: Held, org: Org) => salesforceId(kind, rowAt(org.world.people, personIndex).id)
}

function expected(deal: Held, org: Org): number | null {
  const amount = org.amountOf(deal)
  return amount === null ? null : Math.round(amount * stage(deal, org).likelihood) / 100
}

function forecast({ isClosed, isWon }: { isClosed: boolean; isWon: boolean }): string {
  if (isWon) return 'Closed'
  return isClosed ? 'Omitted' : 'Pipeline'
}
