import type { ActivityEdit, DealEdit } from './facts.ts'
import { scopes } from './hubspot-options.ts'
import { invalid, notFound } from './hubspot-reply.ts'
import type { Kept, Shelf, TypeName } from './hubspot-shelf.ts'
import type { Reply } from './reply.ts'
import { firstActivityId, firstDealId } from './setting.ts'
import type { World } from './world.ts'

// Creating and updating records: the tasks and deals guides at https://developers.hubspot.com/docs (read 2026-11-21). Tasks take the
// scope of contacts. ASSUMED: the words in which an unknown property is refused.

/** What a write says: properties as text, and for a new record what it is associated with. */
type Written = {
  properties?: Record<string, string>
  associations?: { to?: { id?: string | number }; types?: { associationTypeId?: number }[] }[]
}

/** The scope that writing a type takes. */
export const writeScopeOf = (type: TypeName): string =>
  type === 'deals' ? scopes.dealsWrite : scopes.contactsWrite

/** Creates a task, or with an id changes a task or a deal. Answers the record's id, or the refusal. */
export function writeRecord(
  world: World,
  shelves: Record<TypeName, Shelf>,
  type: TypeName,
  id: number,
  { properties = {}, associations = [] }: Written,
): number | Reply {
  const kept = Number.isNaN(id) || id === 0 ? undefined : shelves[type].find(id)
  if (type === 'deals' && kept !== undefined && shelves.deals.isLive(kept))
    return editDeal(world, kept, properties)
  if (type !== 'tasks') return notFound()
  const edit = taskIn(properties)
  if ('status' in edit && typeof edit.status === 'number') return edit
  if (id > 0) {
    if (kept === undefined || !shelves.tasks.isLive(kept)) return notFound()
    world.editActivity(id - firstActivityId(world.setting.seed), edit)
    return id
  }
  const aboutDeal = Number(associations.find(({ types = [] }) => types[0]?.associationTypeId === 216)?.to?.id)
  const deal = shelves.deals.find(aboutDeal)
  if (deal === undefined) return invalid('a task is made about a deal here')
  const facts = { endAt: edit.startAt ?? world.now, ...edit }
  const index = world.addActivity(deal.personIndex, { description: '', ...facts, kind: 'task', aboutDeal })
  return firstActivityId(world.setting.seed) + index
}

const taskProperties = [
  'hs_timestamp',
  'hs_task_subject',
  'hs_task_body',
  'hs_task_status',
  'hs_task_type',
  'hubspot_owner_id',
]
const statuses: Record<string, NonNullable<ActivityEdit['status']>> = {
  NOT_STARTED: 'scheduled',
  COMPLETED: 'completed',
}

function taskIn(properties: Record<string, string>): ActivityEdit | Reply {
  const unknown = Object.keys(properties).find((name) => !taskProperties.includes(name))
  if (unknown !== undefined) return invalid(`Property "${unknown}" does not exist`)
  const { hs_timestamp: at, hs_task_subject: title, hs_task_body: description } = properties
  const { hs_task_status: status, hubspot_owner_id: owner } = properties
  if (at !== undefined && Number.isNaN(Date.parse(at))) return invalid(`${at} was not a valid date`)
  if (status !== undefined && statuses[status] === undefined)
    return invalid(`${status} was not one of the allowed options`)
  return {
    ...(at !== undefined && { startAt: Math.floor(Date.parse(at) / 1_000) }),
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(status !== undefined && { status: statuses[status] ?? 'scheduled' }),
    ...(owner !== undefined && { ownerId: Number(owner) }),
  }
}

function editDeal(world: World, { id, row }: Kept, properties: Record<string, string>): number | Reply {
  const { dealstage, ...others } = properties
  const unknown = Object.keys(others).find((name) => !/^closed_(won|lost)_reason$/.test(name))
  if (unknown !== undefined) return invalid(`Property "${unknown}" does not exist`)
  if (dealstage !== undefined && !world.setting.stages.some((stage) => String(stage.id) === dealstage))
    return invalid(`${dealstage} was not one of the allowed options`)
  const edit: DealEdit = { wire: { ...row.wire, ...others } }
  if (dealstage !== undefined) edit.stageId = Number(dealstage)
  world.editDeal(id - firstDealId(world.setting.seed), edit)
  return id
}
