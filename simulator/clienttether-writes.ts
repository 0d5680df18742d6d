import { refusal, success } from './clienttether-envelope.ts'
import { eventTypes, type Wire } from './clienttether-rows.ts'
import { rowAt, type ActivityEdit, type ActivityKind } from './facts.ts'
import type { Reply } from './reply.ts'
import { firstActivityId, firstPersonId } from './setting.ts'

// `update_client_by_id`, `create_client_event`, `update_client_event`: operations and parameters in the query as public integrations
// use them (https://github.com/syndior/clienttether-gravityforms-integration, read 2026-11-20). ASSUMED: that events are written by
// the names of their rows, and that the answer to a new one has its id as that to a new client has the client's.

type Fields = Record<string, string>

/** The answer to a write. */
export function answerWrite(wire: Wire, operation: string, fields: Fields): Reply {
  if (operation === 'update_client_by_id') return updateClient(wire, fields)
  if (operation === 'create_client_event') return createEvent(wire, fields)
  if (operation === 'update_client_event') return updateEvent(wire, fields)
  return refusal(wire.options, 'unknownOperation')
}

function updateClient(wire: Wire, { client_id: id, sales_cycle_id: stage }: Fields): Reply {
  const { world, options } = wire
  const index = personIndex(wire, id)
  if (index === undefined) return refusal(options, 'noRecord', { client_id: false })
  const stageId = world.setting.stages.find((one) => String(one.id) === stage)?.id
  if (stageId === undefined) return refusal(options, 'badRequest')
  const deals = world.dealsOf(index).filter((deal) => world.isListed(rowAt(world.deals, deal)))
  for (const deal of deals) world.editDeal(deal, { stageId })
  if (deals.length === 0) world.editPerson(index, { stageId })
  return done(wire, { client_id: id ?? '' })
}

function createEvent(wire: Wire, fields: Fields): Reply {
  const index = personIndex(wire, fields['client_id'])
  if (index === undefined) return refusal(wire.options, 'noRecord', { client_id: false })
  if (!fields['title'] || !fields['start_date']) return refusal(wire.options, 'missingKey')
  const made = wire.world.addActivity(index, { description: '', ...editIn(wire, fields) })
  return done(wire, { event_id: String(firstActivityId(wire.world.setting.seed) + made) })
}

function updateEvent(wire: Wire, fields: Fields): Reply {
  const { world, options } = wire
  const index = Number(fields['event_id']) - firstActivityId(world.setting.seed)
  const event = world.calendar.activities[index]
  if (event === undefined || !world.isListed(event)) return refusal(options, 'noRecord')
  world.editActivity(index, editIn(wire, fields))
  return done(wire, { event_id: fields['event_id'] ?? '' })
}

function editIn({ zone }: Wire, fields: Fields): ActivityEdit {
  const { title, description, start_date: start, end_date: end, event_type: type, completed } = fields
  const kind = (Object.keys(eventTypes) as ActivityKind[]).find((one) => eventTypes[one] === type)
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(start !== undefined && { startAt: zone.instant(start) }),
    ...(end !== undefined && { endAt: zone.instant(end) }),
    ...(kind !== undefined && { kind }),
    ...(completed === '1' && { status: 'completed' }),
  } satisfies ActivityEdit
}

function personIndex({ world }: Wire, id: string | undefined): number | undefined {
  const index = Number(id) - firstPersonId(world.setting.seed)
  const person = world.people[index]
  return person !== undefined && world.isListed(person) ? index : undefined
}

const done = ({ options }: Wire, row: Record<string, string>): Reply =>
  success(options, 1, Buffer.from(JSON.stringify(row)))
