import { z } from 'zod'
import type { Reply, Request } from '../connector.ts'
import { readAs } from '../read-as.ts'
import type { Asked, Standing, Writing } from '../writing.ts'
import { dateIn } from '../instants.ts'
import type { SalesforceSettings as Settings } from './settings.ts'
import { closedStagesQuery, tasksQuery } from './soql.ts'
import { longId } from './values.ts'

// "sObject Rows" of the REST API Developer Guide, Task and Opportunity of the object reference at https://developer.salesforce.com (read
// 2026-11-21). A task is for a day; subjects and NextStep have 255 characters. A long text such as Description cannot be searched for,
// so the tasks of the opportunity are read and looked through.

const opportunity = z.looseObject({
  Id: z.string(),
  StageName: z.string().nullable(),
  IsClosed: z.boolean(),
  IsWon: z.boolean(),
  SystemModstamp: z.string(),
  OwnerId: z.string().nullable(),
})
const task = z.looseObject({ Id: z.string(), Description: z.string().nullable(), IsClosed: z.boolean() })
const tasks = z.looseObject({ records: z.array(task) })
const stages = z.looseObject({
  records: z.array(z.looseObject({ MasterLabel: z.string(), IsWon: z.boolean() })),
})

const longestText = 255
const fields = 'StageName,IsClosed,IsWon,SystemModstamp,OwnerId'

/** The opportunity, then the tasks about it or, to close it, the stages in which one can be closed. */
function look({ record, outcome }: Asked, replies: readonly Reply[]): Request | null {
  const [first, second] = replies
  if (first === undefined)
    return {
      method: 'GET',
      path: `sobjects/Opportunity/${encodeURIComponent(record)}`,
      query: { fields },
      mayBeRefused: true,
    }
  if (first.status >= 400 || second !== undefined) return null
  const q = outcome === null ? tasksQuery(record) : closedStagesQuery
  return { method: 'GET', path: 'query', query: { q } }
}

function stand(asked: Asked, [first, second]: readonly Reply[], settings: Settings): Standing {
  if (first === undefined || first.status >= 400)
    return {
      kind: 'impossible',
      words: 'Salesforce no longer has this opportunity, or does not show it to us',
    }
  const found = readAs(opportunity, first.body, 'a Salesforce opportunity')
  const updatedAt = found.SystemModstamp.replace(/([+-]\d{2})(\d{2})$/, '$1:$2')
  const base = { kind: 'found', updatedAt } as const
  const { IsClosed: isClosed, IsWon: isWon } = found
  const closed = {
    kind: 'impossible',
    words: `Salesforce has closed this opportunity meanwhile as ${isWon ? 'won' : 'lost'}`,
  } as const
  if (asked.outcome === null) {
    const all = readAs(tasks, second?.body, 'a Salesforce list of tasks').records
    const missing = ofTask(asked, found.OwnerId, all, settings)
    // What arrived there before the opportunity was closed has arrived.
    return isClosed && missing.main !== null ? closed : { ...base, ...missing }
  }
  if (isClosed && (asked.outcome.is === 'won') !== isWon) return closed
  const done = asked.task === null ? [] : [completion(asked.task)]
  if (isClosed) return { ...base, task: null, main: null, rest: done }
  const wanted = readAs(stages, second?.body, 'a Salesforce list of stages').records.find(
    ({ IsWon }) => IsWon === (asked.outcome?.is === 'won'),
  )
  if (wanted === undefined)
    return {
      kind: 'impossible',
      words: 'Salesforce has no active stage that would close this opportunity so',
    }
  const main = update('Opportunity', asked.record, {
    StageName: wanted.MasterLabel,
    ...reasonIn(asked, settings),
  })
  return { ...base, task: null, main, rest: done }
}

type Missing = Pick<Extract<Standing, { kind: 'found' }>, 'task' | 'main' | 'rest'>

function ofTask(
  { step, marker, task: before, isMove, record }: Asked,
  owner: string | null,
  all: readonly z.infer<typeof task>[],
  { timeZone }: Settings,
): Missing {
  const own = all.find(({ Description }) => Description?.includes(marker))
  const open = all.find(({ Id, IsClosed }) => longId(Id) === before && !IsClosed)
  const at = step?.at ?? ''
  const details = (step?.details ?? '').slice(0, longestText)
  const wanted = {
    Subject: details,
    ActivityDate: dateIn(at, timeZone),
    Description: `${timeIn(at, timeZone)} (${timeZone})\n\n${marker}`,
  }
  const next = update('Opportunity', record, { NextStep: details })
  if (isMove && open !== undefined)
    return { task: before, main: own === undefined ? update('Task', open.Id, wanted) : null, rest: [next] }
  const made = {
    ...wanted,
    WhatId: record,
    Status: 'Not Started',
    Priority: 'Normal',
    ...(owner?.startsWith('005') === true && { OwnerId: owner }),
  }
  return {
    task: own === undefined ? null : longId(own.Id),
    main: own === undefined ? { method: 'POST', path: 'sobjects/Task', body: made } : null,
    rest: [next, ...(open === undefined || open.Id === own?.Id ? [] : [completion(open.Id)])],
  }
}

const update = (object: string, id: string, body: Record<string, unknown>): Request => ({
  method: 'PATCH',
  path: `sobjects/${object}/${encodeURIComponent(id)}`,
  body,
  mayBeEmpty: true,
})
const completion = (id: string): Request => update('Task', id, { Status: 'Completed' })

/** There is no standard field for it: only an org that names its own gets the reason. */
function reasonIn({ outcome }: Asked, { lossReasonField: field }: Settings): Record<string, string> {
  if (field === null || outcome === null || outcome.reason === null || outcome.is === 'won') return {}
  const words = outcome.is === 'disqualified' ? `Disqualified: ${outcome.reason}` : outcome.reason
  return { [field]: words.slice(0, longestText) }
}

const timeIn = (at: string, zone: string): string =>
  Temporal.Instant.from(at).toZonedDateTimeISO(zone).toPlainTime().toString({ smallestUnit: 'minute' })

export const writing: Writing<Settings> = {
  words: {
    step: 'a task about the opportunity for the day, with the time in its description, and the field Next Step',
    outcomes: {
      won: 'the first closed stage that means won (Salesforce keeps no reason for it)',
      lost: 'the first closed stage that means lost; the reason only where the connection names a field for it',
      disqualified: 'the first closed stage that means lost, with “Disqualified” before the reason',
    },
  },
  keeps: 'day',
  look,
  stand,
  made: ({ body }) => {
    const found = z.looseObject({ id: z.string() }).safeParse(body)
    return found.success ? longId(found.data.id) : null
  },
}
