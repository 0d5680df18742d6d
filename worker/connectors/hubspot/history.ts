import type { z } from 'zod'
import { calledOff, isCalledOff } from '../called-off.ts'
import type { Context, Normalised, Row } from '../connector.ts'
import { objects, type Item, type ObjectType } from './objects.ts'
import type { HubSpotSettings as HS } from './settings.ts'
import { filled, linkedId, ownerId, reader, rest, shape, stamps, value } from './values.ts'

// Notes, calls, meetings, tasks and e-mails: the guides of each at https://developers.hubspot.com/docs (read 2026-11-20).
// A task's `hs_timestamp` is when it is due. Without the scope sales-email-read the words of e-mails are missing silently.

const common = ['hs_timestamp', 'hubspot_owner_id', 'hs_createdate', 'hs_lastmodifieddate']
const links = ['contacts', 'deals']
const historyOf = (name: string, properties: readonly string[]): ObjectType => ({
  name,
  stamp: 'hs_lastmodifieddate',
  properties: () => [...common, ...properties],
  links,
})

const noteProperties = ['hs_note_body', 'hs_attachment_ids']
const usedOfNotes = new Set([...common, 'hs_note_body', 'hs_object_id'])

export const notes = objects({
  name: 'notes',
  source: 'notes, https://developers.hubspot.com/docs/api-reference (2026-11-20)',
  tables: ['notes'],
  types: [historyOf('notes', noteProperties)],
  identify: ({ id }) => (typeof id === 'string' && id !== '' ? id : null),
  item: shape(...common, ...noteProperties),
  version: 1,
  normalise: (item: Item, context: Context<HS>) => {
    const read = reader(item, context)
    return {
      faults: read.faults,
      rows: {
        notes: {
          ...stamps(read, 'hs_createdate', 'hs_lastmodifieddate'),
          contactId: linkedId(item, 'contacts', 'contacts', context),
          opportunityId: linkedId(item, 'deals', 'opportunities', context),
          ownerId: ownerId(item, context),
          author: null,
          notedAt: read.when('hs_timestamp'),
          body: filled(item, 'hs_note_body'),
          custom: rest(item, usedOfNotes),
        },
      },
    }
  },
})

type Entry = Pick<
  Row<'activities'>,
  'kind' | 'subject' | 'details' | 'dueAt' | 'endsAt' | 'completedAt' | 'isDone'
>
type Kind = {
  type: ObjectType
  item: z.ZodType
  used: Set<string>
  entry: (item: Item, read: ReturnType<typeof reader>) => Entry
}

/** An object type whose records stand in the calendar, or did. `read` are the properties that `entry` reads. */
function kind(
  name: string,
  properties: readonly string[],
  readBy: readonly string[],
  entry: Kind['entry'],
): Kind {
  return {
    type: historyOf(name, properties),
    item: shape(...common, ...properties),
    used: new Set([...common, ...readBy, 'hs_object_id']),
    entry,
  }
}

const times = new Set(['hs_timestamp', 'hs_meeting_start_time', 'hs_meeting_end_time'])

const pendingCalls = new Set([
  'QUEUED',
  'RINGING',
  'CONNECTING',
  'CALLING_CRM_USER',
  'IN_PROGRESS',
  'SCHEDULED',
])

/** A call without a status was logged after it was made. */
const calls = kind(
  'calls',
  [
    'hs_call_title',
    'hs_call_body',
    'hs_call_duration',
    'hs_call_direction',
    'hs_call_disposition',
    'hs_call_status',
  ],
  ['hs_call_title', 'hs_call_body'],
  (item, read) => {
    const at = read.when('hs_timestamp')
    const isDone = !pendingCalls.has(value(item, 'hs_call_status'))
    return {
      kind: 'call',
      subject: filled(item, 'hs_call_title'),
      details: filled(item, 'hs_call_body'),
      dueAt: at,
      endsAt: null,
      completedAt: isDone ? at : null,
      isDone,
    }
  },
)

const meetings = kind(
  'meetings',
  [
    'hs_meeting_title',
    'hs_meeting_body',
    'hs_meeting_start_time',
    'hs_meeting_end_time',
    'hs_meeting_location',
    'hs_meeting_outcome',
  ],
  ['hs_meeting_title', 'hs_meeting_body', 'hs_meeting_start_time', 'hs_meeting_end_time'],
  (item, read) => {
    const startsAt = read.when('hs_meeting_start_time') ?? read.when('hs_timestamp')
    const endsAt = read.when('hs_meeting_end_time')
    const outcome = value(item, 'hs_meeting_outcome')
    return {
      kind: 'meeting',
      subject: filled(item, 'hs_meeting_title'),
      details: filled(item, 'hs_meeting_body'),
      dueAt: startsAt,
      endsAt,
      completedAt: outcome === 'COMPLETED' ? (endsAt ?? startsAt) : null,
      isDone: outcome !== '' && outcome !== 'SCHEDULED',
    }
  },
)

/** When a task was completed is said by no documented property. */
const tasks = kind(
  'tasks',
  ['hs_task_subject', 'hs_task_body', 'hs_task_status', 'hs_task_priority', 'hs_task_type'],
  ['hs_task_subject', 'hs_task_body'],
  (item, read) => ({
    kind: 'task',
    subject: filled(item, 'hs_task_subject'),
    details: filled(item, 'hs_task_body'),
    dueAt: read.when('hs_timestamp'),
    endsAt: null,
    completedAt: null,
    isDone: value(item, 'hs_task_status') === 'COMPLETED',
  }),
)

const emails = kind(
  'emails',
  ['hs_email_direction', 'hs_email_subject', 'hs_email_text', 'hs_email_html', 'hs_email_status'],
  ['hs_email_subject', 'hs_email_text', 'hs_email_html'],
  (item, read) => {
    const at = read.when('hs_timestamp')
    const isDone = !['SCHEDULED', 'SENDING'].includes(value(item, 'hs_email_status'))
    return {
      kind: 'email',
      subject: filled(item, 'hs_email_subject'),
      details: filled(item, 'hs_email_text') ?? filled(item, 'hs_email_html'),
      dueAt: at,
      endsAt: null,
      completedAt: isDone ? at : null,
      isDone,
    }
  },
)

const kinds = new Map([calls, meetings, tasks, emails].map((each) => [each.type.name, each]))

export const activities = objects({
  name: 'activities',
  source: 'calls, meetings, tasks, emails, https://developers.hubspot.com/docs/api-reference (2026-11-20)',
  tables: ['activities'],
  types: [...kinds.values()].map(({ type }) => type),
  // Each kind counts its own; the name of the kind is what a later write needs too.
  identify: ({ type, id }) => (typeof id === 'string' && id !== '' ? `${String(type)}/${id}` : null),
  item: shape(...common),
  version: 2,
  normalise: (item: Item, context: Context<HS>): Normalised => {
    const entered = kinds.get(item.type)
    if (entered === undefined) throw new Error(`there is no activity of type ${item.type}`)
    const read = reader(item, context)
    const isOff = isCalledOff(value(item, 'hs_meeting_outcome') || value(item, 'hs_call_status'))
    const missing = entered.item.safeParse(item).error?.issues ?? []
    for (const { path } of missing) read.faults.push({ path: path.join('.'), reason: 'the field is missing' })
    return {
      faults: read.faults,
      rows: {
        activities: {
          ...stamps(read, 'hs_createdate', 'hs_lastmodifieddate'),
          ...entered.entry(item, read),
          ...(isOff && calledOff),
          contactId: linkedId(item, 'contacts', 'contacts', context),
          opportunityId: linkedId(item, 'deals', 'opportunities', context),
          ownerId: ownerId(item, context),
          custom: rest(item, isOff ? entered.used.difference(times) : entered.used),
        },
      },
    }
  },
})
