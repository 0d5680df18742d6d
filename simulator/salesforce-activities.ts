import { rowAt, type Activity } from './facts.ts'
import { prefixes, salesforceId } from './salesforce-ids.ts'
import {
  day,
  kept,
  object,
  ownerField,
  refersTo,
  type Definition,
  type KeptOf,
  type ObjectType,
} from './salesforce-objects.ts'
import type { Org } from './salesforce-org.ts'
import { whoId } from './salesforce-people.ts'

const YEAR = 365 * 86_400

const who: Definition<Activity> = [
  'WhoId',
  'reference',
  ({ personIndex }, org) => whoId(org, personIndex),
  refersTo('Who', 'Contact', 'Lead'),
]

const what: Definition<Activity> = [
  'WhatId',
  'reference',
  ({ personIndex, aboutDeal }, org) =>
    aboutDeal === undefined ? dealOf(org, personIndex) : salesforceId('Opportunity', aboutDeal),
  refersTo('What', 'Opportunity', 'Account'),
]

const words: Definition<Activity>[] = [
  ['Subject', 'string', ({ title }) => title],
  ['Description', 'textarea', ({ description }) => description || null],
]

const isArchived: Definition<Activity> = [
  'IsArchived',
  'boolean',
  ({ endAt, status, kind }, org) => isOver(kind, status) && endAt + YEAR <= org.world.now,
]

export const task: ObjectType = object<Activity>({
  name: 'Task',
  keyPrefix: prefixes.Task,
  follows: ['activities', 'people', 'deals'],
  fields: [
    who,
    what,
    ...words,
    ['Status', 'picklist', ({ status }) => (status === 'completed' ? 'Completed' : 'Not Started')],
    ['IsClosed', 'boolean', ({ status }) => status === 'completed'],
    ['Priority', 'picklist', () => 'Normal'],
    ['ActivityDate', 'date', ({ startAt }) => day(startAt)],
    ['TaskSubtype', 'picklist', ({ kind }) => (kind === 'call' ? 'Call' : 'Task')],
    ['CallType', 'picklist', ({ kind }) => (kind === 'call' ? 'Outbound' : null)],
    [
      'CallDurationInSeconds',
      'int',
      ({ kind, startAt, endAt }) => (kind === 'call' ? endAt - startAt : null),
    ],
    [
      'CompletedDateTime',
      'datetime',
      ({ status, modifiedAt }) => (status === 'completed' ? modifiedAt : null),
    ],
    isArchived,
    ownerField,
  ],
  keep: (org) => activitiesOf(org, 'Task', ['call', 'task']),
})

export const event: ObjectType = object<Activity>({
  name: 'Event',
  keyPrefix: prefixes.Event,
  follows: ['activities', 'people', 'deals'],
  fields: [
    who,
    what,
    ...words,
    ['StartDateTime', 'datetime', ({ startAt }) => startAt],
    ['EndDateTime', 'datetime', ({ endAt }) => endAt],
    ['DurationInMinutes', 'int', ({ startAt, endAt }) => (endAt - startAt) / 60],
    ['IsAllDayEvent', 'boolean', () => false],
    ['ActivityDate', 'date', ({ startAt }) => day(startAt)],
    ['Location', 'string', () => null],
    ['IsRecurrence', 'boolean', () => false],
    isArchived,
    ownerField,
  ],
  keep: (org) => activitiesOf(org, 'Event', ['appointment']),
})

export const emailMessage: ObjectType = object<Activity>({
  name: 'EmailMessage',
  keyPrefix: prefixes.EmailMessage,
  follows: ['activities', 'deals'],
  fields: [
    [
      'RelatedToId',
      'reference',
      ({ personIndex }, org) => dealOf(org, personIndex),
      refersTo('RelatedTo', 'Opportunity', 'Account'),
    ],
    ['Subject', 'string', ({ title }) => title],
    ['TextBody', 'textarea', ({ description }) => description || null],
    [
      'FromAddress',
      'email',
      ({ ownerId }, { world }) => world.setting.owners.find(({ id }) => id === ownerId)?.email ?? null,
    ],
    ['ToAddress', 'string', ({ personIndex }, { world }) => rowAt(world.people, personIndex).email || null],
    ['Incoming', 'boolean', () => false],
    ['MessageDate', 'datetime', ({ startAt }) => startAt],
    ['Status', 'picklist', () => '3'],
    [
      'CreatedById',
      'reference',
      ({ ownerId }) => salesforceId('User', ownerId),
      refersTo('CreatedBy', 'User'),
    ],
  ],
  keep: (org) => activitiesOf(org, 'EmailMessage', ['email']),
})

/** The oldest opportunity of a person that is still there, or was the last to go. */
function dealOf({ world }: Org, personIndex: number): string | null {
  const oldest = world.dealsOf(personIndex).at(-1)
  return oldest === undefined ? null : salesforceId('Opportunity', rowAt(world.deals, oldest).id)
}

/** An entry that was called off is taken out of the calendar. */
function activitiesOf(
  org: Org,
  kind: 'Task' | 'Event' | 'EmailMessage',
  kinds: readonly Activity['kind'][],
): KeptOf<Activity>[] {
  return org.world.calendar.activities.flatMap((activity, index) => {
    if (!kinds.includes(activity.kind)) return []
    const { id, createdAt, modifiedAt, visibleAt, wire, endAt, personIndex, status } = activity
    const removedAt = activity.removedAt || (status === 'cancelled' ? modifiedAt : 0)
    const moved = Math.max(org.movedAt('activities', index), org.convertedAt(personIndex))
    const stamp = Math.max(modifiedAt, removedAt, moved)
    const archivedAt = isOver(activity.kind, status) ? endAt + YEAR : Infinity
    return [
      { ...kept(salesforceId(kind, id), createdAt, stamp, activity), removedAt, visibleAt, archivedAt, wire },
    ]
  })
}

const isOver = (kind: Activity['kind'], status: Activity['status']): boolean =>
  kind === 'appointment' || status === 'completed'
