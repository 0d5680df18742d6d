import { z } from 'zod'
import { FatalError, PauseError, StreamError } from '../../errors.ts'
import type { Page, Reply, Request } from '../connector.ts'
import type { Item, SObject } from './chain.ts'
import { readCsv } from './csv.ts'
import { fault } from './fault.ts'
import { withoutBulk, type Bulk, type Place } from './place.ts'
import type { SalesforceSettings as Settings } from './settings.ts'
import { bulkQuery, countQuery } from './soql.ts'
import { itemOf } from './bulk-item.ts'

// "Bulk API 2.0 Query" of the Bulk API Developer Guide at https://developer.salesforce.com (read 2026-11-21). Only a first load is
// worth a job. What refuses one, in whatever words, leaves the object to the ordinary list: nothing depends on jobs.

/** Statuses by which Salesforce refuses a job, or no longer has it. */
const refusals = [400, 403, 404, 405, 409]
/** How often a job is asked for before the list is read instead: about half an hour. */
const mostPolls = 35
const longestWaitSeconds = 60
/** A job that was aborted or has expired is made anew so often. */
const mostJobs = 3

/** Rows that the list reads before it is asked how many there are: a small object is not worth the question. */
const askedAfter = ({ bulkFrom }: Settings): number => bulkFrom / 10

/** Whether the list of a first load has come so far that it is time to count. */
export const isTimeToCount = (place: Place, settings: Settings): boolean =>
  place.phase === 'list' && (place.listed ?? 0) >= askedAfter(settings)

type Step<Name extends Bulk['step']> = Extract<Bulk, { step: Name }>

const counted = z.looseObject({ totalSize: z.number().int().min(0) })
const job = z.looseObject({
  id: z.string(),
  state: z.enum(['UploadComplete', 'InProgress', 'JobComplete', 'Aborted', 'Failed']),
  numberRecordsProcessed: z.number().int().min(0).optional(),
})

/** What a step of reading in bulk asks. */
export function bulkRequest({ name, only }: SObject, place: Place, bulk: Bulk, settings: Settings): Request {
  const may = { mayBeRefused: refusals }
  if (bulk.step === 'count')
    return { method: 'GET', path: 'queryAll', query: { q: countQuery(name, place, only) }, ...may }
  if (bulk.step === 'make') {
    const body = { operation: 'queryAll', query: bulkQuery(name, place, only), contentType: 'CSV' }
    const form = { lineEnding: 'LF', columnDelimiter: 'COMMA' }
    return { method: 'POST', path: 'jobs/query', body: { ...body, ...form }, ...may }
  }
  if (bulk.step === 'poll') return { method: 'GET', path: `jobs/query/${bulk.job}`, ...may }
  const query = { maxRecords: String(settings.bulkPageSize), ...(bulk.locator && { locator: bulk.locator }) }
  return { method: 'GET', path: `jobs/query/${bulk.job}/results`, query, accepts: 'csv', ...may }
}

/** What came of it, and the next step; `done` is where the object goes on when its job is read to the end. */
export function bulkPage(
  object: SObject,
  place: Place,
  bulk: Bulk,
  reply: Reply,
  settings: Settings,
  done: () => Pick<Page, 'next' | 'total' | 'endsWhole'>,
): Page {
  if (reply.status >= 400) {
    const problem = fault({ ...reply, text: '' }, 'activities')
    if (problem instanceof PauseError || problem instanceof FatalError) throw problem
    return bulk.step === 'poll' || bulk.step === 'rows' ? anew(place, bulk.tries) : byList(place)
  }
  if (bulk.step === 'count') {
    const found = counted.safeParse(reply.body).data
    const isLarge = found !== undefined && found.totalSize >= settings.bulkFrom
    return isLarge ? onward(place, { step: 'make', tries: 0 }) : byList(place)
  }
  if (bulk.step === 'rows') return rowsPage(object, place, bulk, reply, done)
  return jobPage(place, bulk, reply)
}

function jobPage(place: Place, bulk: Step<'make'> | Step<'poll'>, { body }: Reply): Page {
  const said = job.safeParse(body).data
  if (said === undefined || said.state === 'Failed') return byList(place)
  if (said.state === 'Aborted') return anew(place, bulk.tries)
  const { tries } = bulk
  const polls = bulk.step === 'poll' ? bulk.polls + 1 : 0
  const total = said.numberRecordsProcessed
  if (said.state === 'JobComplete' && total !== undefined)
    return onward(place, { step: 'rows', job: said.id, tries, locator: null, read: 0, total })
  if (polls > mostPolls) return byList(place)
  const waitSeconds = Math.min(longestWaitSeconds, 2 ** polls / 2)
  return { ...onward(place, { step: 'poll', job: said.id, tries, polls }), waitSeconds }
}

/**
 * A part of the results. The last one says `null`, in letters, where the others say where to go on; what came must be as much as
 * the job says it found. A part that was kept has lost its headers, and nothing is asked after it.
 */
function rowsPage(
  { name, at }: SObject,
  place: Place,
  bulk: Step<'rows'>,
  reply: Reply,
  done: () => Pick<Page, 'next' | 'total' | 'endsWhole'>,
): Page {
  const [names = [], ...rows] = readCsv(typeof reply.body === 'string' ? reply.body : '')
  if (names.length !== place.columns.length || names.some((column, at) => column !== place.columns[at]))
    throw new StreamError(
      'E_CRM_BAD_REPLY',
      `a part of ${name} in bulk has other columns than were asked for`,
    )
  const items: Item[] = rows.map((values) => {
    const item = itemOf(name, names, values, place.kinds ?? {})
    return at?.(item, place.now) ?? item
  })
  if (reply.isKept === true) return { items, next: null, total: null, repeats: true }
  const { 'sforce-locator': locator, 'sforce-numberofrecords': number } = reply.headers
  if (typeof locator !== 'string' || locator === '' || Number(number) !== rows.length)
    throw new StreamError(
      'E_SHORT_READ',
      `a part of ${name} in bulk says ${String(number)} records and holds ${rows.length}, going on at ${String(locator)}`,
    )
  const read = bulk.read + rows.length
  const isLast = locator === 'null'
  // It does not add up: what the job holds is not believed to be everything, and the list is read after all.
  if (read > bulk.total || (isLast && read < bulk.total)) return { ...byList(place), items }
  if (isLast) return { items, repeats: true, ...done() }
  return { ...onward(place, { ...bulk, locator, read }), items }
}

const nothing = { items: [], total: null, repeats: true as const }

const onward = (place: Place, bulk: Bulk): Page => ({
  ...nothing,
  next: JSON.stringify({ ...place, phase: 'bulk', bulk } satisfies Place),
})

/** The job is gone, and with it where we were. */
const anew = (place: Place, tries: number): Page =>
  tries + 1 < mostJobs ? onward(place, { step: 'make', tries: tries + 1 }) : byList(place)

/** From where the list stood when it was left. What a job brought already comes once more. */
function byList(place: Place): Page {
  const next = { ...withoutBulk(place), phase: 'list', isAgain: true } satisfies Place
  return { ...nothing, next: JSON.stringify(next) }
}
