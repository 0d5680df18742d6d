import type { Activity, ActivityEdit, Deal } from './facts.ts'
import { jsonReply, type Reply } from './reply.ts'
import { salesforceId } from './salesforce-ids.ts'
import type { Kept } from './salesforce-objects.ts'
import { notFound, ok, Refusal } from './salesforce-reply.ts'
import type { Schema } from './salesforce-schema.ts'
import { recordJson, select } from './salesforce-wire.ts'
import { firstActivityId, firstDealId } from './setting.ts'
import type { World } from './world.ts'

// "sObject Basic Information" and "sObject Rows" of the REST API Developer Guide at https://developer.salesforce.com (read
// 2026-11-21): POST answers 201 with the id, PATCH 204 with nothing.

type Fields = Record<string, unknown>

/** One record by its id, with the `fields` that are asked for. Throws `Refusal`. */
export function readRecord(schema: Schema, name: string, id: string, query: URLSearchParams): Reply {
  const type = schema.objectAt(name)
  const kept = found(schema, name, id)
  return jsonReply(
    recordJson(schema, type, kept, select(schema, type, ['Id', ...(query.get('fields') ?? '').split(',')])),
  )
}

/** Makes a task, or changes a task or an opportunity. Throws `Refusal`. */
export function writeRecord(
  world: World,
  schema: Schema,
  { method, type, id = '', body }: { method: string; type: string; id: string | undefined; body: string },
): Reply {
  const fields = JSON.parse(body) as Fields
  if (method === 'POST' && type === 'Task') return createTask(world, schema, fields)
  const { of } = found(schema, type, id)
  if (type === 'Task')
    world.editActivity((of as Activity).id - firstActivityId(world.setting.seed), taskIn(fields))
  else if (type === 'Opportunity') editDeal(world, of as Deal, fields)
  else
    throw new Refusal(400, 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY', `entity type cannot be updated: ${type}`)
  return { status: 204, headers: {}, body: Buffer.alloc(0) }
}

/** A record that is there. */
function found(schema: Schema, name: string, id: string): Kept {
  const kept = schema.find(schema.objectAt(name), id)
  if (kept === undefined || kept.removedAt > 0) throw notFound()
  return kept
}

function createTask(world: World, schema: Schema, fields: Fields): Reply {
  const { of } = found(schema, 'Opportunity', String(fields['WhatId']))
  const { id: aboutDeal, personIndex } = of as Deal
  const edit = taskIn(fields)
  const facts = { endAt: edit.startAt ?? world.now, description: '', ...edit }
  const index = world.addActivity(personIndex, { ...facts, kind: 'task', aboutDeal })
  const id = salesforceId('Task', firstActivityId(world.setting.seed) + index)
  return ok({ id, success: true, errors: [] }, 201)
}

const taskFields = ['WhatId', 'Subject', 'Description', 'ActivityDate', 'Status', 'Priority', 'OwnerId']

function taskIn(fields: Fields): ActivityEdit {
  checkNames('Task', fields, taskFields)
  const { Subject: title, Description: description, ActivityDate: day, Status: status } = fields
  if (typeof title === 'string' && title.length > 255)
    throw new Refusal(400, 'STRING_TOO_LONG', 'Subject: data value too large (max length=255)', ['Subject'])
  return {
    ...(typeof title === 'string' && { title }),
    ...(typeof description === 'string' && { description }),
    ...(typeof day === 'string' && { startAt: Date.parse(`${day}T12:00:00Z`) / 1_000 }),
    ...(typeof status === 'string' && { status: status === 'Completed' ? 'completed' : 'scheduled' }),
  } satisfies ActivityEdit
}

function editDeal(world: World, deal: Deal, fields: Fields): void {
  checkNames('Opportunity', fields, ['StageName', 'NextStep'])
  const { StageName: name, ...others } = fields
  const stage = world.setting.stages.find((one) => one.name === name)
  if (name !== undefined && stage === undefined)
    throw new Refusal(
      400,
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      `Stage: bad value for restricted picklist field: ${JSON.stringify(name)}`,
    )
  world.editDeal(deal.id - firstDealId(world.setting.seed), {
    wire: { ...deal.wire, ...others },
    ...(stage !== undefined && { stageId: stage.id }),
  })
}

function checkNames(type: string, fields: Fields, known: readonly string[]): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new Refusal(400, 'INVALID_FIELD', `No such column '${unknown}' on sobject of type ${type}`)
}
