import { z } from 'zod'
import { StreamError } from '../../errors.ts'
import type { Page, Reply, Request, Stream } from '../connector.ts'
import { instant } from '../instants.ts'
import { readAs } from '../read-as.ts'
import { plain } from './bulk-item.ts'
import { bulkPage, bulkRequest, isTimeToCount } from './bulk.ts'
import { columnsOf, kindsOf, readDescription } from './columns.ts'
import { fault } from './fault.ts'
import { beginAt, lookAt, nextObject, nextPhase, placeOf, type Place } from './place.ts'
import type { SalesforceSettings as Settings } from './settings.ts'
import { namedQuery, pageQuery } from './soql.ts'

export type Item = Record<string, unknown>

/** One object of Salesforce's, read to the end before the next. */
export type SObject = {
  name: string
  /** How its ids begin, where a stream has several objects: an id then says whose it is. One that may be missing has it there. */
  prefix?: string
  /** Fields with a column of ours. */
  fields: readonly string[]
  /** Others that are good to have, where there are such. */
  wished?: (settings: Settings) => readonly string[]
  /** Paths into other records, by the field they go through. */
  paths?: Record<string, string>
  /** A condition that holds for all records we want. */
  only?: string
  /** Records asked for at a time where they may be long: an answer has to stay below what we read at once. */
  atOnce?: number
  /** Its pages mean something only with what completes them, so that no job can give them. */
  neverInBulk?: true
  /** Orgs may lack the object, and users may not see it; its records are then simply not there. */
  mayBeMissing?: true
  /** When a record becomes past although nobody changes it: the field of the instant. */
  comesDue?: string
  /** What a record means at that moment. */
  at?: (item: Item, now: string) => Item
}

const page = z.looseObject({
  totalSize: z.number().int().min(0),
  done: z.boolean(),
  records: z.array(z.looseObject({ Id: z.string(), SystemModstamp: z.string() })),
})
const feed = z.looseObject({
  deletedRecords: z.array(z.looseObject({ id: z.string(), deletedDate: z.string() })),
  latestDateCovered: z.string().optional(),
})

type Objects = readonly [SObject, ...SObject[]]

/** The first cursor, the requests and the pages of a stream that reads these objects one after the other. */
export function chain(objects: Objects): Pick<Stream<Settings>, 'begin' | 'look' | 'request' | 'page'> {
  return {
    ...((objects.length === 1 || objects.every(({ prefix }) => prefix !== undefined)) && {
      look: (ids: readonly string[], _: Settings, now: string) => {
        const place = lookAt(ids, now)
        return JSON.stringify(lookFrom(objects, place) ?? place)
      },
    }),
    begin: (pass, settings) => JSON.stringify(beginAt(pass, settings)),
    request: (cursor, settings) => requestFor(objects, placeOf(cursor), settings),
    page: (reply, cursor, settings) => pageOf(objects, placeOf(cursor), reply, settings),
  }
}

function objectAt(objects: Objects, { object }: Place): SObject {
  const found = objects[object]
  if (found === undefined) throw new Error(`a cursor of an object that is not read: ${object}`)
  return found
}

function requestFor(objects: Objects, place: Place, settings: Settings): Request {
  const object = objectAt(objects, place)
  const { name, only, mayBeMissing, comesDue } = object
  if (place.phase === 'describe')
    return { method: 'GET', path: `sobjects/${name}/describe`, ...(mayBeMissing && { mayBeRefused: [404] }) }
  if (place.phase === 'feed')
    return {
      method: 'GET',
      path: `sobjects/${name}/deleted/`,
      query: { start: place.since ?? place.now, end: place.now },
    }
  if (place.bulk !== undefined) return bulkRequest(object, place, place.bulk, settings)
  if (place.phase === 'named')
    return {
      method: 'GET',
      path: 'queryAll',
      query: { q: namedQuery(name, place.columns, namedOf(object, place), only) },
    }
  const rows = rowsAtOnce(object, place, settings)
  return {
    method: 'GET',
    path: 'queryAll',
    query: { q: pageQuery(name, place, rows, only, comesDue) },
    ...(rows > fewestRows && { mayBeRefused: [400] }),
  }
}

/** A query that runs for too long even for so few is not a matter of how many are asked for. */
const fewestRows = 10

const rowsAtOnce = (
  { atOnce = Infinity }: SObject,
  { rows = Infinity }: Place,
  { pageSize }: Settings,
): number => Math.min(atOnce, pageSize, rows)

/** A page that took Salesforce too long is asked for by half, and so are those behind it. */
function byHalf(object: SObject, place: Place, reply: Reply, settings: Settings): Page {
  const problem = fault({ ...reply, text: '' }, object.name)
  if (problem instanceof StreamError) throw problem
  const rows = Math.max(fewestRows, Math.floor(rowsAtOnce(object, place, settings) / 2))
  return { items: [], next: JSON.stringify({ ...place, rows } satisfies Place), total: null }
}

function pageOf(objects: Objects, place: Place, reply: Reply, settings: Settings): Page {
  const object = objectAt(objects, place)
  if (place.phase === 'describe') return described(objects, place, object, reply, settings)
  if (place.phase === 'feed') {
    const { deletedRecords, latestDateCovered } = readAs(feed, reply.body, `the deletions of ${object.name}`)
    const items = deletedRecords.map(({ id, deletedDate }) => ({ Id: id, IsDeleted: true, deletedDate }))
    return { items, repeats: true, ...after(objects, { ...place, ...covering(place, latestDateCovered) }) }
  }
  if (place.bulk !== undefined)
    return bulkPage(object, place, place.bulk, reply, settings, () => after(objects, place))
  if (reply.status >= 400) return byHalf(object, place, reply, settings)
  const { records, totalSize, done } = readAs(page, reply.body, `a page of ${object.name}`)
  if (done && records.length !== totalSize)
    throw new StreamError(
      'E_SHORT_READ',
      `Salesforce counts ${totalSize} ${object.name} records and sent ${records.length}`,
    )
  const last = records.at(-1)
  if (!done && last === undefined)
    throw new StreamError('E_SHORT_READ', `an empty page of ${object.name} that is not the last`)
  const items = records.map((record) => meant(object, plain(record), place))
  // What is not among them was deleted long ago, or is hidden from us: that is left to a whole list.
  if (place.phase === 'named') return { items, repeats: true, ...ending(place, furtherOf(objects, place)) }
  const mayRepeat = place.phase === 'bin' || place.phase === 'due' || place.isAgain === true
  const repeats = mayRepeat ? { repeats: true as const } : {}
  const isEnd = done && totalSize < rowsAtOnce(object, place, settings)
  if (isEnd || last === undefined)
    return { items, ...repeats, ...hiddenIn(object, place, records), ...after(objects, place) }
  const on: Place = { ...place, after: { stamp: last.SystemModstamp, id: last.Id } }
  if (place.listed !== undefined) on.listed = place.listed + records.length
  if (isTimeToCount(on, settings))
    Object.assign(on, { phase: 'bulk', bulk: { step: 'count' } } satisfies Partial<Place>)
  return { items, next: JSON.stringify(on), total: null, ...repeats }
}

/** One object of several that is listed as if it had no records: if some are stored, and are not told to be deleted, they are only hidden. */
const hiddenIn = ({ prefix }: SObject, { phase, isWhole, after }: Place, records: readonly unknown[]) =>
  prefix !== undefined && isWhole && phase === 'list' && after === null && records.length === 0
    ? { hiddenPrefix: prefix }
    : {}

/** The user sees the object or not: then it is as if it had no records, unless some are stored, and nothing is concluded from that. */
function described(objects: Objects, place: Place, object: SObject, reply: Reply, settings: Settings): Page {
  const empty = { items: [], total: null }
  if (reply.status === 404) {
    const hiddenPrefix = object.prefix ?? ''
    return { ...empty, isPartial: true, hiddenPrefix, ...ending(place, furtherOf(objects, place)) }
  }
  const description = readDescription(reply.body)
  const wished = [...systemColumns, ...(object.wished?.(settings) ?? [])]
  const columns = columnsOf(description, ['Id', ...object.fields, 'SystemModstamp'], wished, object.paths)
  const nothing = { ...empty, fields: fieldsOf(object, wished, columns) }
  const isFed = description.replicateable === true
  if (place.ids !== undefined)
    return { ...nothing, next: JSON.stringify({ ...place, phase: 'named', columns } satisfies Place) }
  const isFirst = place.since === null && place.isWhole && object.neverInBulk !== true
  const mayGrow = isFirst ? { listed: 0, kinds: kindsOf(description, columns) } : {}
  const list = { ...place, phase: 'list', columns, isFed, ...mayGrow } satisfies Place
  return { ...nothing, next: JSON.stringify(list) }
}

/** What is good to have of an object, seen or not: what has a column with us must be seen, and the org's own fields may come and go. */
function fieldsOf({ name }: SObject, wished: readonly string[], columns: readonly string[]) {
  const named = (fields: string[]) => fields.map((field) => `${name}.${field}`)
  const seen = wished.filter((field) => columns.includes(field))
  return { seen: named(seen), unseen: named(wished.filter((field) => !columns.includes(field))) }
}

/** The ids of a look that are this object's. */
const namedOf = ({ prefix = '' }: SObject, { ids = [] }: Place): string[] =>
  ids.filter((id) => id.startsWith(prefix))

/** A look at the first of these objects, from that of the place on, that some of its ids are of; null when none is. */
function lookFrom(objects: Objects, place: Place): Place | null {
  const object = objects.findIndex((one, at) => at >= place.object && namedOf(one, place).length > 0)
  return object === -1 ? null : { ...place, object, phase: 'describe', columns: [] }
}

/** The object behind this one: of a look, the next that is named. */
const furtherOf = (objects: Objects, place: Place): Place | null =>
  place.ids === undefined
    ? nextObject(place, objects.length)
    : lookFrom(objects, { ...place, object: place.object + 1 })

/** What a record means at the moment of the pass. */
const meant = ({ at }: SObject, record: Item, { now }: Place): Item => at?.(record, now) ?? record

const systemColumns = ['CreatedDate', 'IsDeleted']

const after = (objects: Objects, place: Place) =>
  ending(place, nextPhase(place, objectAt(objects, place).comesDue !== undefined, objects.length))

/** The earlier of what was covered before and what this object's deletions are told until. */
function covering({ covered }: Place, told = ''): Pick<Place, 'covered'> {
  const until = instant(told, 'UTC')
  if (typeof until !== 'string') return {}
  return { covered: covered !== undefined && covered < until ? covered : until }
}

/** Where to go on; a pass that read everything says so at its end, and until when what it read is sure. */
function ending(
  { isWhole, covered }: Place,
  next: Place | null,
): Pick<Page, 'next' | 'total' | 'endsWhole' | 'coveredUntil'> {
  if (next !== null) return { next: JSON.stringify(next), total: null }
  return {
    next: null,
    total: null,
    ...(isWhole && { endsWhole: true as const }),
    ...(covered !== undefined && { coveredUntil: covered }),
  }
}
