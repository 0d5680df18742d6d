import { calledOff, isCalledOff } from '../called-off.ts'
import type { Pass, Stream } from '../connector.ts'
import { list, idFrom } from './list.ts'
import { listRequest, startOfList } from './pages.ts'
import type { ClientTetherSettings as CT } from './settings.ts'
import { filled, ownerId, reader, rest, shape, value } from './values.ts'

/** ASSUMED shape; read per contact, because no list of all notes is known. */
export const notes: Stream<CT> = {
  ...list({
    name: 'notes',
    operation: 'read_client_history_notes',
    tables: ['notes'],
    item: shape('id', 'date', 'author', 'content'),
    version: 1,
    identify: idFrom('id'),
    normalise: (item, context) => {
      const { faults, when } = reader(item, context)
      const client = value(item, 'contact_id')
      const noted = when('date')
      return {
        faults,
        rows: {
          notes: {
            sourceCreatedAt: noted,
            sourceUpdatedAt: null,
            contactId: client === '' ? null : context.id('contacts', client),
            opportunityId: null,
            ownerId: null,
            author: filled(item, 'author'),
            notedAt: noted,
            body: filled(item, 'content'),
            custom: rest(item, 'id', 'contact_id', 'date', 'author', 'content'),
          },
        },
      }
    },
  }),
  parents: {
    table: 'contacts',
    perRun: (settings) => settings.notesPerRun,
    sweepHours: (settings) => settings.notesSweepHours,
  },
  begin: ({ parent }) => startOfList({ of: parent ?? '' }),
  request: (cursor, settings) => listRequest('read_client_history_notes', cursor, settings.pageSize),
}

const day = 86_400_000

function eventWindow(
  { scanStart }: Pass,
  { eventsPastDays, eventsFutureDays }: CT,
): { from: number; to: number } {
  const now = Date.parse(scanStart)
  return { from: now - eventsPastDays * day, to: now + eventsFutureDays * day }
}

const local = (ms: number, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(ms)
    .toZonedDateTimeISO(zone)
    .toPlainDateTime()
    .toString({ smallestUnit: 'second' })
    .replace('T', ' ')

/** ASSUMED shape; appointments within a window around now. */
export const events: Stream<CT> = {
  ...list({
    name: 'activities',
    operation: 'read_all_events',
    tables: ['activities'],
    item: shape('event_id', 'title', 'start_date', 'end_date'),
    version: 3,
    identify: idFrom('event_id'),
    normalise: (item, context) => {
      const { faults, when } = reader(item, context)
      const client = value(item, 'client_id')
      // Documented nowhere.
      const isOff = isCalledOff(value(item, 'status'))
      return {
        faults,
        rows: {
          activities: {
            sourceCreatedAt: when('created'),
            sourceUpdatedAt: when('last_modified_date'),
            kind: filled(item, 'event_type') ?? context.settings.eventType,
            subject: filled(item, 'title'),
            details: filled(item, 'description'),
            contactId: client === '' ? null : context.id('contacts', client),
            opportunityId: null,
            ownerId: ownerId(item, context),
            dueAt: when('start_date'),
            endsAt: when('end_date'),
            completedAt: null,
            isDone: value(item, 'completed') === '1',
            ...(isOff && calledOff),
            custom: rest(
              item,
              'event_id',
              'client_id',
              'title',
              'description',
              'event_type',
              'assigned_user',
              ...(isOff ? [] : ['start_date', 'end_date']),
            ),
          },
        },
      }
    },
  }),
  begin: (pass, settings) => {
    const { from, to } = eventWindow(pass, settings)
    const query = {
      from_date: local(from, settings.timeZone),
      end_date: local(to, settings.timeZone),
      event_type: settings.eventType,
    }
    return startOfList({ query })
  },
  // A day inside the window asked for, so that an event at its very edge is not taken for a missing one.
  absentBetween: (pass, settings) => {
    const { from, to } = eventWindow(pass, settings)
    return { from: new Date(from + day).toISOString(), to: new Date(to - day).toISOString() }
  },
}
