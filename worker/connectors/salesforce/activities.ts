import { z } from 'zod'
import { calledOff, isCalledOff } from '../called-off.ts'
import type { Context, Row } from '../connector.ts'
import type { Item, SObject } from './chain.ts'
import { changesOf } from './list.ts'
import type { SalesforceSettings as Settings } from './settings.ts'
import { filled, link, objectOf, reader, rest, shapes, stamps, text } from './values.ts'

const task: SObject = {
  name: 'Task',
  prefix: '00T',
  fields: ['WhoId', 'WhatId', 'Subject', 'Description', 'Status', 'IsClosed', 'ActivityDate', 'OwnerId'],
  wished: () => [
    'TaskSubtype',
    'CompletedDateTime',
    'Priority',
    'CallType',
    'CallDurationInSeconds',
    'CallDisposition',
    'IsArchived',
  ],
}

/** Nobody ticks off an event: it is done when it is over. */
const event: SObject = {
  name: 'Event',
  prefix: '00U',
  fields: [
    'WhoId',
    'WhatId',
    'Subject',
    'Description',
    'StartDateTime',
    'EndDateTime',
    'IsAllDayEvent',
    'ActivityDate',
    'OwnerId',
  ],
  wished: () => ['Location', 'IsRecurrence', 'GroupEventType', 'IsArchived'],
  comesDue: 'EndDateTime',
  at: (item, now) => ({ ...item, hasEnded: endOf(item) <= Date.parse(now) }),
}

/** Only where Enhanced Email is on; elsewhere e-mails are tasks. */
const emailMessage: SObject = {
  name: 'EmailMessage',
  prefix: '02s',
  fields: [
    'RelatedToId',
    'Subject',
    'TextBody',
    'FromAddress',
    'ToAddress',
    'Incoming',
    'MessageDate',
    'CreatedById',
  ],
  wished: () => ['Status', 'ActivityId'],
  atOnce: 200,
  mayBeMissing: true,
}

function endOf({ EndDateTime, StartDateTime }: Item): number {
  const end = typeof EndDateTime === 'string' ? EndDateTime : StartDateTime
  return typeof end === 'string' ? Date.parse(end.replace(/([+-]\d{2})(\d{2})$/, '$1:$2')) : Number.NaN
}

const withPeople = {
  Subject: text,
  WhoId: text,
  WhatId: text,
  Description: text,
  ActivityDate: text,
  OwnerId: text,
}

type Activity = Omit<Row<'activities'>, 'sourceCreatedAt' | 'sourceUpdatedAt' | 'custom'>

/**
 * Tasks, events and e-mails, archived ones too: object reference, Task, Event, EmailMessage (read 2026-11-20). A task is for a day,
 * an event has its times.
 */
export const activities = changesOf({
  name: 'activities',
  source: 'Task, Event, EmailMessage',
  tables: ['activities'],
  objects: [task, event, emailMessage],
  item: shapes({
    Task: { ...withPeople, IsClosed: z.boolean(), Status: text },
    Event: { ...withPeople, StartDateTime: text, EndDateTime: text, IsAllDayEvent: z.boolean() },
    EmailMessage: {
      Subject: text,
      RelatedToId: text,
      TextBody: text,
      Incoming: z.boolean(),
      MessageDate: text,
    },
  }),
  version: 2,
  normalise: (item, context) => {
    const read = reader(item)
    const meant = { Task: taskRow, Event: eventRow }[objectOf(item)] ?? emailRow
    return {
      rows: { activities: { ...stamps(read), ...meant(item, context, read), custom: rest(item, used) } },
      faults: read.faults,
    }
  },
})

type Reader = ReturnType<typeof reader>

const about = (item: Item, context: Context<Settings>, what: 'WhatId' | 'RelatedToId') => ({
  subject: filled(item, 'Subject'),
  contactId: link(item, 'WhoId', 'contacts', context, '003', '00Q'),
  opportunityId: link(item, what, 'opportunities', context, '006'),
})

/** Salesforce deletes an event that is called off; of tasks an org may have a closed status of its own for it. */
function taskRow(item: Item, context: Context<Settings>, { dayIn, when }: Reader): Activity {
  const isDone = item.IsClosed === true
  return {
    ...about(item, context, 'WhatId'),
    kind: (filled(item, 'TaskSubtype') ?? 'task').toLowerCase(),
    details: filled(item, 'Description'),
    ownerId: link(item, 'OwnerId', 'owners', context),
    dueAt: dayIn('ActivityDate', context.settings.timeZone),
    endsAt: null,
    completedAt: isDone ? when('CompletedDateTime') : null,
    isDone,
    ...(isDone && isCalledOff(filled(item, 'Status') ?? '') && calledOff),
  }
}

/** An event of whole days begins with its day in the org's zone; its instants are midnights of UTC. */
function eventRow(item: Item, context: Context<Settings>, { dayIn, when }: Reader): Activity {
  const isAllDay = item.IsAllDayEvent === true
  const endsAt = when('EndDateTime')
  const isDone = item.hasEnded === true
  return {
    ...about(item, context, 'WhatId'),
    kind: 'event',
    details: filled(item, 'Description'),
    ownerId: link(item, 'OwnerId', 'owners', context),
    dueAt: isAllDay ? dayIn('ActivityDate', context.settings.timeZone) : when('StartDateTime'),
    endsAt: isAllDay ? null : endsAt,
    completedAt: isDone ? endsAt : null,
    isDone,
  }
}

/** What was sent or came is done. */
function emailRow(item: Item, context: Context<Settings>, { when }: Reader): Activity {
  const at = when('MessageDate')
  return {
    ...about(item, context, 'RelatedToId'),
    kind: 'email',
    details: filled(item, 'TextBody'),
    ownerId: link(item, 'CreatedById', 'owners', context),
    dueAt: at,
    endsAt: null,
    completedAt: at,
    isDone: true,
  }
}

const used = [
  ...task.fields,
  ...event.fields,
  ...emailMessage.fields.filter((field) => !['FromAddress', 'ToAddress', 'Incoming'].includes(field)),
  'TaskSubtype',
  'CompletedDateTime',
  'hasEnded',
].filter((field) => field !== 'Status')
