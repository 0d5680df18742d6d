import { rowAt, type ActivityEdit, type Deal, type DealEdit } from './facts.ts'
import { badParameter, pipedriveError } from './pipedrive-errors.ts'
import { standingOf } from './pipedrive-facts.ts'
import { recordReply } from './pipedrive-lists.ts'
import { activityRow } from './pipedrive-rows.ts'
import type { Reply } from './reply.ts'
import { firstActivityId, firstDealId } from './setting.ts'
import { LOST_POSITION, WON_POSITION } from './stages.ts'
import type { World } from './world.ts'

// Adding and updating activities and deals, version 2: https://developers.pipedrive.com/docs/api/v1 with the switch on V2 (read
// 2026-11-21). A body is JSON; what is not in it stays.

/** The deal with this id, deleted ones too. */
export const dealWithId = (world: World, id: string): Deal | undefined =>
  world.deals[Number(id) - firstDealId(world.setting.seed)]

/** Changes the status of a deal; null when it was done. */
export function updateDeal(world: World, id: string, body: string): Reply | null {
  const deal = dealWithId(world, id)
  if (deal === undefined || deal.removedAt > 0) return pipedriveError('notFound')
  const { status, lost_reason: reason } = JSON.parse(body) as Record<string, unknown>
  if (status !== 'won' && status !== 'lost' && status !== 'open')
    return badParameter('status', 'must be one of [open, won, lost]')
  if (reason !== undefined && (typeof reason !== 'string' || reason.length > 150))
    return badParameter('lost_reason', 'must be shorter than or equal to 150 characters long')
  const position = { won: WON_POSITION, lost: LOST_POSITION, open: 0 }[status]
  const edit: DealEdit = { stageId: rowAt(world.setting.stages, position).id }
  if (typeof reason === 'string') edit.wire = { ...deal.wire, lost_reason: reason }
  if (standingOf(world, deal).status !== status) world.editDeal(world.deals.indexOf(deal), edit)
  return null
}

/** Adds an activity, or with an id changes one. */
export function writeActivity(world: World, id: string, body: string): Reply {
  const given = JSON.parse(body) as Record<string, unknown>
  const edit = editIn(given)
  if (edit === undefined) return badParameter('due_date', 'is invalid')
  const { activities } = world.calendar
  if (id !== '') {
    const index = Number(id) - firstActivityId(world.setting.seed)
    if (activities[index] === undefined || activities[index].removedAt > 0) return pipedriveError('notFound')
    world.editActivity(index, edit)
    return recordReply(activityRow(world, activities[index]))
  }
  const deal = dealWithId(world, String(given['deal_id']))
  if (deal === undefined || deal.removedAt > 0) return badParameter('deal_id', 'is invalid')
  const index = world.addActivity(deal.personIndex, {
    description: '',
    ...edit,
    kind: 'task',
    aboutDeal: deal.id,
  })
  return recordReply(activityRow(world, rowAt(activities, index)), 201)
}

function editIn(given: Record<string, unknown>): ActivityEdit | undefined {
  const { subject, due_date: day, due_time: time, done, note, owner_id: ownerId } = given
  const isTimed = typeof time === 'string'
  const startAt =
    typeof day === 'string' ? Date.parse(`${day}T${isTimed ? time : '00:00:00'}Z`) / 1_000 : undefined
  if (Number.isNaN(startAt)) return undefined
  return {
    ...(typeof subject === 'string' && { title: subject }),
    ...(typeof note === 'string' && { description: note }),
    ...(startAt !== undefined && { startAt, endAt: startAt, isTimed }),
    ...(typeof done === 'boolean' && { status: done ? 'completed' : 'scheduled' }),
    ...(typeof ownerId === 'number' && { ownerId }),
  } satisfies ActivityEdit
}
