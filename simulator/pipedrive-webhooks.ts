import { randomUUID } from 'node:crypto'
import { rowAt, type Row } from './facts.ts'
import { orgId } from './pipedrive-facts.ts'
import { activityRow, dealRow, organizationRow, personRow } from './pipedrive-rows.ts'
import type { Change, Watched, WebhookEvent, WebhookWire } from './webhook-wire.ts'
import type { ListName, World } from './world.ts'

// Webhooks version 2: https://pipedrive.readme.io/docs/guide-for-webhooks-v2 (read 2026-11-20).
// - One event at a time, to be answered with 2xx within ten seconds; by Basic authentication when a name and a password were given.
// - A merge is told as a deletion and a change. Fields that a company made come with their type.
// - ASSUMED: three further attempts, after 3, 30 and 150 seconds; the types of fields that are neither money nor options.

const actions = {
  created: 'create',
  changed: 'change',
  deleted: 'delete',
  restored: 'change',
  merged: 'change',
} as const

/** How webhooks tell of one Pipedrive company. */
export function pipedriveWebhooks(world: World, companyId: number): WebhookWire {
  return {
    recordsOf: (list, index) => recordsOf(world, list, index),
    eventsOf: (change, number, atMs) => [eventOf(world, companyId, change, number, atMs)],
    eventsPerMessage: 1,
    write: ([event = {}], { number, user, secret, isForged }) => {
      const pair = Buffer.from(`${user}:${isForged ? `not ${secret}` : secret}`).toString('base64')
      const meta = { ...(event['meta'] as object), attempt: number }
      return {
        headers: { 'content-type': 'application/json', authorization: `Basic ${pair}` },
        body: JSON.stringify({ ...event, meta }),
      }
    },
    isTaken: (status) => status >= 200 && status < 300,
    patienceMs: 10_000,
    waitsMs: [3_000, 30_000, 150_000],
  }
}

function recordsOf(world: World, list: ListName, index: number): Watched[] {
  const watched = (kind: string, id: number, row: Row, fields: Record<string, unknown>): Watched => ({
    kind,
    id: String(id),
    isListed: world.isListed(row),
    isRemoved: row.removedAt > 0,
    fields,
  })
  if (list === 'notes') return []
  if (list === 'deals') {
    const deal = rowAt(world.deals, index)
    return [watched('deal', deal.id, deal, dealRow(world, deal))]
  }
  if (list === 'activities') {
    const activity = rowAt(world.calendar.activities, index)
    return [watched('activity', activity.id, activity, activityRow(world, activity))]
  }
  const person = rowAt(world.people, index)
  const organization = orgId(person)
  return [
    watched('person', person.id, person, personRow(world, person)),
    ...(organization === null || person.company === ''
      ? []
      : [watched('organization', organization, person, organizationRow(world, person))]),
  ]
}

function eventOf(
  world: World,
  companyId: number,
  { what, before, after, changed }: Change,
  number: number,
  atMs: number,
): WebhookEvent {
  const users = world.setting.owners.map(({ id }) => String(id))
  const isGone = what === 'deleted'
  const was = Object.entries(before?.fields ?? {}).filter(([name]) => isGone || changed.includes(name))
  return {
    data: isGone ? null : told(after.fields),
    previous: what === 'created' ? null : told(Object.fromEntries(was)),
    meta: {
      action: actions[what],
      entity: after.kind,
      entity_id: after.id,
      company_id: String(companyId),
      user_id: users[0] ?? '',
      timestamp: new Date(atMs).toISOString(),
      version: '2.0',
      webhook_id: '2310',
      webhook_owner_id: users[0] ?? '',
      change_source: 'app',
      is_bulk_edit: false,
      permitted_user_ids: users,
      host: 'company.pipedrive.com',
      correlation_id: `${companyId}-${number}`,
      id: randomUUID(),
      type: 'general',
    },
  }
}

/** A row with the type beside each value of a field that the company made. */
function told({ custom_fields: own, ...fields }: Record<string, unknown>): Record<string, unknown> {
  if (own === undefined || own === null) return fields
  const typed = Object.entries(own).map(([key, value]) => [key, typedValue(value)])
  return { ...fields, custom_fields: Object.fromEntries(typed) as object }
}

function typedValue(value: unknown): unknown {
  if (value === null) return null
  if (typeof value === 'number') return { type: 'double', value }
  if (typeof value === 'string') return { type: 'varchar', value }
  return { type: 'monetary', ...(value as object) }
}
