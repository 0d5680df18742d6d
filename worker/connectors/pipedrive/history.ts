import { z } from 'zod'
import { instant } from '../instants.ts'
import type { Known } from './chain.ts'
import type { Row } from './envelope.ts'
import { changesOf } from './list.ts'
import { filled, id, link, reader, rest, shape, stamps, text, textOf, type Item } from './values.ts'

const flag = z.union([z.boolean(), z.literal(0), z.literal(1)])

/** Version 1 only. `active_flag` false means deleted. */
export const notes = changesOf({
  name: 'notes',
  source: 'GET /v1/notes',
  tables: ['notes'],
  phases: [{ path: 'v1/notes', paging: 'offset', changes: 'since' }],
  isGone: ({ active_flag: isActive }) => isActive === false || isActive === 0,
  item: shape({
    id,
    content: text,
    user_id: id.nullable(),
    deal_id: id.nullable(),
    person_id: id.nullable(),
    org_id: id.nullable(),
    lead_id: id.nullable(),
    active_flag: flag,
    add_time: text,
    update_time: text,
  }),
  version: 1,
  normalise: (item, context) => {
    const read = reader(item)
    const { user } = item as { user?: Item | null }
    return {
      rows: {
        notes: {
          ...stamps(read),
          contactId: link(item, 'person_id', 'contacts', context),
          opportunityId: link(item, 'deal_id', 'opportunities', context),
          ownerId: link(item, 'user_id', 'owners', context),
          author: filled(user ?? {}, 'name'),
          notedAt: read.when('add_time'),
          body: filled(item, 'content'),
          // Notes have no columns for these two.
          custom: rest({ lead_id: item.lead_id, org_id: item.org_id }, []),
        },
      },
      faults: read.faults,
    }
  },
})

/** Types are called by keys; people know them by names, which they choose, also anew. A name that is the key is left to the key. */
function learnTypes(known: Known, rows: Row[]): Known {
  const named = rows.flatMap(({ key_string: key, name }): [string, string][] =>
    typeof key === 'string' && typeof name === 'string' && plainly(name) !== plainly(key)
      ? [[key, name]]
      : [],
  )
  return { ...known, ...Object.fromEntries(named) }
}

const plainly = (word: string): string => word.toLowerCase().replaceAll(/[\s_-]/g, '')

/** Deleted activities are no longer listed. */
export const activities = changesOf({
  name: 'activities',
  source: 'GET /api/v2/activities, GET /v1/activityTypes',
  tables: ['activities'],
  phases: [
    { path: 'v1/activityTypes', paging: 'none', changes: 'all', learn: learnTypes },
    { path: '/api/v2/activities', paging: 'cursor', changes: 'since' },
  ],
  take: (row, known) => {
    const name = typeof row.type === 'string' ? known[row.type] : undefined
    return [name === undefined ? row : { ...row, type_name: name }]
  },
  item: shape({
    id,
    subject: text,
    type: text,
    owner_id: id.nullable(),
    deal_id: id.nullable(),
    lead_id: id.nullable(),
    person_id: id.nullable(),
    org_id: id.nullable(),
    due_date: text,
    due_time: text,
    duration: text,
    done: z.boolean(),
    marked_as_done_time: text,
    note: text,
    add_time: text,
    update_time: text,
  }),
  version: 2,
  normalise: (item, context) => {
    const read = reader(item)
    const { dueAt, endsAt, isAllDay } = timesOf(item, read, context.settings.timeZone)
    return {
      rows: {
        activities: {
          ...stamps(read),
          kind: filled(item, 'type_name') ?? filled(item, 'type') ?? 'task',
          subject: filled(item, 'subject'),
          details: filled(item, 'note') ?? filled(item, 'public_description'),
          contactId: link(item, 'person_id', 'contacts', context),
          opportunityId: link(item, 'deal_id', 'opportunities', context),
          ownerId: link(item, 'owner_id', 'owners', context),
          dueAt,
          endsAt,
          completedAt: item.done === true ? read.when('marked_as_done_time') : null,
          isDone: item.done === true,
          custom: {
            ...rest(item, used),
            ...('type_name' in item && { type: item.type }),
            ...(isAllDay && { all_day: true }),
          },
        },
      },
      faults: read.faults,
    }
  },
})

/**
 * When an activity is due. Day and time are those of UTC; an activity without a time is for a whole day of the account, which
 * begins when that day begins there.
 */
function timesOf(
  item: Item,
  { day, orFault }: ReturnType<typeof reader>,
  zone: string,
): { dueAt: string | null; endsAt: string | null; isAllDay: boolean } {
  const on = day('due_date')
  const time = textOf(item.due_time)
  if (on === null) return { dueAt: null, endsAt: null, isAllDay: false }
  if (time === '') return { dueAt: instant(on, zone) ?? null, endsAt: null, isAllDay: true }
  const dueAt = orFault('due_time', instant(`${on} ${time}`, 'UTC'), 'a time')
  const minutes = orFault('duration', minutesOf(textOf(item.duration)), 'a duration')
  const ends = dueAt === null || !minutes ? null : Date.parse(dueAt) + minutes * 60_000
  return { dueAt, endsAt: ends === null ? null : new Date(ends).toISOString(), isAllDay: false }
}

/** `01:30:00`, or `01:30`, as 90. */
function minutesOf(written: string): number | null | undefined {
  if (written === '') return null
  const [, hours, minutes] = /^(\d{1,3}):([0-5]\d)(?::[0-5]\d)?$/.exec(written) ?? []
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes)
}

const used = [
  'id',
  'subject',
  'type',
  'type_name',
  'owner_id',
  'creator_user_id',
  'deal_id',
  'person_id',
  'due_date',
  'due_time',
  'duration',
  'busy',
  'done',
  'marked_as_done_time',
  'note',
  'public_description',
  'participants',
  'attendees',
  'is_deleted',
  'add_time',
  'update_time',
]
