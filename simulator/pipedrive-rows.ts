import { fullName, rowAt, type Activity, type Deal, type Person, type Stage } from './facts.ts'
import { archivedAt, dealOf, isLead, leadId, orgId, PIPELINES, standingOf, utc } from './pipedrive-facts.ts'
import { dealValues, organizationValues, personValues } from './pipedrive-fields.ts'
import type { World } from './world.ts'

// Rows of version 2 of the API: https://developers.pipedrive.com/docs/api/v1 with the switch on V2, and the types of the official
// client 33.7.0 (read 2026-11-21). Instants are UTC; a number is a number.

/** A row of `v2/deals`, of the archive, and of the deleted ones. */
export function dealRow(world: World, deal: Deal): Record<string, unknown> {
  const person = rowAt(world.people, deal.personIndex)
  const { stage, status, lostReason } = standingOf(world, deal)
  const archived = archivedAt(world, deal)
  const isDeleted = deal.removedAt > 0
  const closed = status === 'open' ? null : utc(deal.modifiedAt)
  const localDate = closed?.slice(0, 10) ?? null
  return {
    id: deal.id,
    title: `${fullName(person) || person.company || 'Unnamed'} deal`,
    creator_user_id: deal.ownerId,
    owner_id: deal.ownerId,
    value: (deal.amountMinor ?? 0) / 100,
    person_id: person.id,
    org_id: orgId(person),
    stage_id: stage.id,
    pipeline_id: rowAt(PIPELINES, 0).id,
    currency: 'USD',
    archive_time: archived > 0 ? utc(archived) : null,
    add_time: utc(deal.createdAt),
    update_time: utc(updatedAt(deal)),
    stage_change_time: utc(deal.modifiedAt),
    status,
    is_archived: archived > 0,
    is_deleted: isDeleted,
    probability: deal.id % 6 === 0 ? 65 : null,
    lost_reason: lostReason,
    visible_to: 7,
    close_time: closed,
    won_time: status === 'won' ? closed : null,
    lost_time: status === 'lost' ? closed : null,
    local_won_date: status === 'won' ? localDate : null,
    local_lost_date: status === 'lost' ? localDate : null,
    local_close_date: localDate,
    expected_close_date: deal.id % 3 === 0 ? utc(deal.createdAt + 60 * 86_400).slice(0, 10) : null,
    label_ids: [],
    origin: 'ManuallyCreated',
    origin_id: null,
    channel: deal.leadSourceId,
    channel_id: null,
    acv: null,
    arr: null,
    mrr: null,
    custom_fields: dealValues(world, deal),
    ...deal.wire,
  }
}

/** Deleting changes the update time too. */
export const updatedAt = (row: Pick<Deal, 'modifiedAt' | 'removedAt'>): number =>
  Math.max(row.modifiedAt, row.removedAt)

/** A row of `v2/persons`. */
export function personRow(world: World, person: Person): Record<string, unknown> {
  const contact = (value: string) => (value === '' ? [] : [{ value, primary: true, label: 'work' }])
  return {
    id: person.id,
    name: fullName(person) || person.company || 'Unnamed',
    first_name: person.firstName,
    last_name: person.lastName === '' ? null : person.lastName,
    owner_id: person.ownerId,
    org_id: orgId(person),
    add_time: utc(person.createdAt),
    update_time: utc(updatedAt(person)),
    emails: contact(person.email),
    phones: contact(person.phone),
    is_deleted: false,
    visible_to: 7,
    label_ids: [],
    picture_id: null,
    custom_fields: personValues(world, person),
    ...person.wire,
  }
}

/** A row of `v2/organizations`: the company of a person. */
export function organizationRow(world: World, person: Person): Record<string, unknown> {
  return {
    id: orgId(person),
    name: person.company,
    owner_id: person.ownerId,
    add_time: utc(person.createdAt),
    update_time: utc(updatedAt(person)),
    is_deleted: false,
    visible_to: 7,
    address: null,
    label_ids: [],
    custom_fields: organizationValues(world, person),
  }
}

const types = { appointment: 'meeting', call: 'call', task: 'task', email: 'email' }

/** A row of `v2/activities`. A task is for a day: without a time, and without a duration, unless it was given one. */
export function activityRow(world: World, activity: Activity): Record<string, unknown> {
  const person = rowAt(world.people, activity.personIndex)
  const isDone = activity.status === 'completed'
  const isTimed = activity.kind !== 'task' || activity.isTimed === true
  const minutes = Math.round((activity.endAt - activity.startAt) / 60)
  const duration = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}:00`
  return {
    id: activity.id,
    subject: activity.title,
    type: types[activity.kind],
    owner_id: activity.ownerId,
    creator_user_id: activity.ownerId,
    is_deleted: false,
    add_time: utc(activity.createdAt),
    update_time: utc(updatedAt(activity)),
    deal_id: dealOf(world, activity),
    lead_id: isLead(world, person) ? leadId(person) : null,
    person_id: person.id,
    org_id: orgId(person),
    project_id: null,
    due_date: utc(activity.startAt).slice(0, 10),
    due_time: isTimed ? utc(activity.startAt).slice(11, 19) : null,
    duration: isTimed ? duration : null,
    busy: isTimed,
    done: isDone,
    marked_as_done_time: isDone ? utc(activity.modifiedAt) : null,
    location: null,
    participants: [{ person_id: person.id, primary: true }],
    conference_meeting_client: null,
    conference_meeting_url: null,
    conference_meeting_id: null,
    public_description: null,
    priority: null,
    note: activity.description === '' ? null : activity.description,
    ...activity.wire,
  }
}

/** A row of `v2/pipelines`. */
export const pipelineRow = (world: World, { id, name, hasProbability }: (typeof PIPELINES)[number]) => ({
  id,
  name,
  order_nr: id - 30,
  is_deleted: false,
  is_deal_probability_enabled: hasProbability,
  add_time: utc(world.setting.startAt - world.setting.historySeconds),
  update_time: null,
})

/** A row of `v2/stages`. A stage without a likelihood of its own has Pipedrive's, 100. */
export const stageRow = (world: World, { id, name, order, likelihood }: Stage) => ({
  id,
  name,
  order_nr: order,
  pipeline_id: rowAt(PIPELINES, 0).id,
  deal_probability: likelihood ?? 100,
  is_deal_rot_enabled: false,
  days_to_rotten: null,
  is_deleted: false,
  add_time: utc(world.setting.startAt - world.setting.historySeconds),
  update_time: null,
})
