import { createHmac } from 'node:crypto'
import { leadIdsFrom, type Kept, type Shelf, type TypeName } from './hubspot-shelf.ts'
import type { Attempt, Change, Watched, WebhookEvent, WebhookWire } from './webhook-wire.ts'
import { rowAt } from './facts.ts'
import type { ListName, World } from './world.ts'

// Webhooks API, version 3, and "Validating requests from HubSpot": https://developers.hubspot.com/docs (read 2026-11-20).
// - A list of up to 100 events; what is not answered with 2xx within five seconds is sent up to ten times more within 24 hours.
// - `eventId` is not unique. ASSUMED: how long is waited before each attempt, and that merged contacts get one event alone.

const minute = 60_000
const APP_ID = 1_160_452

/** Objects that have subscriptions of their own name; the others are `object.…` with their type id. */
const words: Partial<Record<TypeName, string>> = { contacts: 'contact', deals: 'deal' }
const endings = {
  created: 'creation',
  changed: 'propertyChange',
  deleted: 'deletion',
  restored: 'restore',
  merged: 'merge',
} as const

/** How an app's webhooks tell of one HubSpot account. */
export function hubSpotWebhooks(
  world: World,
  shelves: Record<TypeName, Shelf>,
  portalId: number,
): WebhookWire {
  const watched = (shelf: Shelf, kept: Kept | undefined): Watched[] =>
    kept === undefined ? [] : [watchedRecord(world, shelf, kept)]
  return {
    recordsOf: (list, index) => {
      if (list === 'notes') return shelves.notes.of(index).flatMap((kept) => watched(shelves.notes, kept))
      return typesOf[list].flatMap((name) => {
        const shelf = shelves[name]
        return watched(shelf, shelf.find(idOf(world, list, name, index)))
      })
    },
    eventsOf: (change, number, atMs) => eventsOf(shelves, portalId, change, number, atMs),
    eventsPerMessage: 100,
    write: (events, attempt) => {
      const body = JSON.stringify(events.map((event) => ({ ...event, attemptNumber: attempt.number - 1 })))
      return { headers: { 'content-type': 'application/json', ...signed(body, attempt) }, body }
    },
    isTaken: (status) => status >= 200 && status < 300,
    patienceMs: 5_000,
    waitsMs: [1, 3, 10, 30, 60, 120, 180, 240, 300, 496].map((minutes) => minutes * minute),
  }
}

const typesOf: Record<Exclude<ListName, 'notes'>, readonly TypeName[]> = {
  people: ['contacts', 'leads'],
  deals: ['deals'],
  activities: ['calls', 'meetings', 'tasks', 'emails'],
}

function idOf(world: World, list: Exclude<ListName, 'notes'>, name: TypeName, index: number): number {
  if (list === 'deals') return rowAt(world.deals, index).id
  if (list === 'activities') return rowAt(world.calendar.activities, index).id
  return name === 'leads' ? leadIdsFrom + world.firstIdOf(index) : rowAt(world.people, index).id
}

/** Properties that change with every other one. */
const unwatched = { lastmodifieddate: null, hs_lastmodifieddate: null }

function watchedRecord(world: World, shelf: Shelf, kept: Kept): Watched {
  const { name } = shelf.type
  const person = name === 'contacts' ? world.people[kept.personIndex] : undefined
  const mergedFrom = person === undefined ? [] : world.mergedIds(person)
  return {
    kind: name,
    id: String(kept.id),
    isListed: shelf.isLive(kept),
    isRemoved: kept.row.removedAt > 0,
    fields: { ...kept.read(), ...kept.row.wire, ...unwatched },
    ...(mergedFrom.length > 0 && { mergedFrom: mergedFrom.map(String) }),
    ...(person !== undefined && person.mergedInto > 0 && { mergedInto: String(person.mergedInto) }),
  }
}

function eventsOf(
  shelves: Record<TypeName, Shelf>,
  portalId: number,
  { what, after, changed }: Change,
  number: number,
  occurredAt: number,
): WebhookEvent[] {
  // The merge itself says who went.
  if (what === 'deleted' && after.mergedInto !== undefined) return []
  const { name, typeId } = shelves[after.kind as TypeName].type
  const object = words[name]
  const event = {
    eventId: number,
    subscriptionId: 100,
    portalId,
    appId: APP_ID,
    occurredAt,
    subscriptionType: `${object ?? 'object'}.${endings[what]}`,
    ...(object === undefined && { objectTypeId: typeId }),
    changeSource: 'CRM_UI',
    objectId: Number(after.id),
  }
  if (what === 'changed')
    return changed.map((property) => ({
      ...event,
      propertyName: property,
      propertyValue: (after.fields[property] as string | null) ?? '',
      sourceId: 'userId:1',
    }))
  if (what === 'merged') {
    const [primary, ...merged] = (after.mergedFrom ?? []).map(Number)
    return [
      {
        ...event,
        objectId: primary,
        primaryObjectId: primary,
        mergedObjectIds: merged,
        newObjectId: Number(after.id),
        numberOfPropertiesMoved: 0,
      },
    ]
  }
  return [{ ...event, changeFlag: what === 'created' ? 'NEW' : what.toUpperCase() }]
}

/** Encoded characters that are signed as themselves. */
const signedAsThemselves = /%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi

function signed(body: string, { address, secret, sentAtMs, isForged }: Attempt): Record<string, string> {
  const uri = address.replaceAll(signedAsThemselves, (code) => decodeURIComponent(code))
  const mac = createHmac('sha256', isForged ? `not ${secret}` : secret)
  const signature = mac.update(`POST${uri}${body}${sentAtMs}`).digest('base64')
  return { 'x-hubspot-request-timestamp': String(sentAtMs), 'x-hubspot-signature-v3': signature }
}
