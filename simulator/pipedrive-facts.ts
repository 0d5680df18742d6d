import { hash } from 'node:crypto'
import { rowAt, type Activity, type Deal, type Person, type Stage } from './facts.ts'
import { WON_POSITION } from './stages.ts'
import type { World } from './world.ts'

// How the sales world is kept in Pipedrive: prospects without a deal are leads, a company is an organization, inactive stages are
// no stages but reasons to lose, and an appointment that was called off is deleted.

/** Ids of the two pipelines; the second one is empty. */
export const PIPELINES = [
  { id: 31, name: 'Franchise sales', hasProbability: true },
  { id: 32, name: 'Renewals', hasProbability: false },
]

export type DealStanding = { stage: Stage; status: 'open' | 'won' | 'lost'; lostReason: string | null }

/** Where a deal stands. A lost one keeps the stage in which it was lost. */
export function standingOf(world: World, deal: Deal): DealStanding {
  const { stages } = world.setting
  const position = Math.max(0, deal.stageId === null ? 0 : deal.stageId - rowAt(stages, 0).id)
  const stage = rowAt(stages, position)
  if (!stage.isActive) return { stage: rowAt(stages, deal.id % 10), status: 'lost', lostReason: stage.name }
  return { stage, status: position === WON_POSITION ? 'won' : 'open', lostReason: null }
}

/** The stages of the pipeline in which deals move. */
export const stagesOf = (world: World): Stage[] => world.setting.stages.filter(({ isActive }) => isActive)

/** Since when a deal stands in the archive, in seconds; 0 when it does not. Every fifth of the lost ones was put away at once. */
export function archivedAt(world: World, deal: Deal): number {
  if (deal.archivedAt > 0) return deal.archivedAt
  return deal.id % 5 === 0 && standingOf(world, deal).status === 'lost' ? deal.modifiedAt : 0
}

/** Whether the CRM lists the person as a lead: a prospect without a deal that is still there. */
export function isLead(world: World, person: Person): boolean {
  if (!world.isListed(person) || person.kind !== 'prospect') return false
  return !dealsOf(world, person).some((deal) => world.isListed(deal))
}

/** The person's deals, removed ones included. */
function dealsOf(world: World, person: Person): Deal[] {
  const found: Deal[] = []
  for (let at = person.firstDeal; at !== -1; at = rowAt(world.deals, at).nextDeal)
    found.push(rowAt(world.deals, at))
  return found
}

/** When the lead last changed, in seconds. Where its person's deal went, it is listed again since then. */
export const leadChangedAt = (world: World, person: Person): number =>
  Math.max(person.modifiedAt, ...dealsOf(world, person).map(({ removedAt }) => removedAt))

/** A lead's id, a UUID; the same for ever. */
export function leadId(person: Person): string {
  const digest = hash('sha1', `lead ${person.id}`, 'hex')
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-11f0-a${digest.slice(13, 16)}-${digest.slice(16, 28)}`
}

/** Whether the lead was put away: somebody found that it would come to nothing. */
export const isArchivedLead = (world: World, person: Person): boolean =>
  world.setting.stages.some(({ id, isActive }) => id === person.stageId && !isActive)

/** Id of the organization that a person's company is; null for people without one. */
export const orgId = (person: Person): number | null => (person.company === '' ? null : person.id + 500_000)

/** The oldest deal of a person that is still there. */
export function dealIdOf(world: World, personIndex: number): number | null {
  const listed = world.dealsOf(personIndex).map((index) => rowAt(world.deals, index))
  return (
    listed
      .filter((deal) => world.isListed(deal))
      .map(({ id }) => id)
      .sort((a, b) => a - b)[0] ?? null
  )
}

/** The deal that an activity is about. */
export const dealOf = (world: World, { aboutDeal, personIndex }: Activity): number | null =>
  aboutDeal ?? dealIdOf(world, personIndex)

/** An appointment that was called off is taken out of the calendar. */
export const isListedActivity = (world: World, activity: Activity): boolean =>
  world.isListed(activity) && activity.status !== 'cancelled'

/** As v2 writes an instant. */
export const utc = (seconds: number): string => `${new Date(seconds * 1_000).toISOString().slice(0, 19)}Z`

/** As v1 writes an instant. */
export const utcOld = (seconds: number): string => utc(seconds).slice(0, 19).replace('T', ' ')
