import { z } from 'zod'
import { StreamError, SyncError } from '../../errors.ts'
import type { Page, Reply, Request, Stream } from '../connector.ts'
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
  /** How its ids begin, where a stream has several objects: an id then says whose it is. */
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
    return { method: 'GET', path: `sobjects/${name}/describe`, ...(mayBeMissing && { mayBeRefused: true }) }
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
  return {
    method: 'GET',
    path: 'queryAll',
    query: { q: pageQuery(name, place, rowsAtOnce(object, settings), only, comesDue) },
  }
}

const rowsAtOnce = ({ atOnce = Infinity }: SObject, { pageSize }: Settings): number =>
  Math.min(atOnce, pageSize)

function pageOf(objects: Objects, place: Place, reply: Reply, settings: Settings): Page {
  const object = objectAt(objects, place)
  if (place.phase === 'describe') return described(objects, place, object, reply, settings)
  if (place.phase === 'feed') {
    const { deletedRecords } = readAs(feed, reply.body, `the deletions of ${object.name}`)
    const items = deletedRecords.map(({ id, deletedDate }) => ({ Id: id, IsDeleted: true, deletedDate }))
    return { items, repeats: true, ...after(objects, place) }
  }
  if (place.bulk !== undefined)
    return bulkPage(object, place, place.bulk, reply, settings, () => after(objects, place))
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
  const isEnd = done && totalSize < rowsAtOnce(object, settings)
  if (isEnd || last === undefined) return { items, ...repeats, ...after(objects, place) }
  const on: Place = { ...place, after: { stamp: last.SystemModstamp, id: last.Id } }
  if (place.listed !== undefined) on.listed = place.listed + records.length
  if (isTimeToCount(on, settings))
    Object.assign(on, { phase: 'bulk', bulk: { step: 'count' } } satisfies Partial<Place>)
  return { items, next: JSON.stringify(on), total: null, ...repeats }
}

/** The user sees the object or not: then it is as if it had no records, and nothing is concluded from that. */
function described(objects: Objects, place: Place, object: SObject, reply: Reply, settings: Settings): Page {
  const nothing = { items: [], total: null }
  if (reply.status >= 400) {
    const problem = fault({ ...reply, text: '' }, 'activities', settings)
    if (problem instanceof SyncError && problem.code !== 'E_PERMISSION') throw problem
    return { ...nothing, isPartial: true, ...ending(place, furtherOf(objects, place)) }
  }
  const description = readDescription(reply.body)
  const columns = columnsOf(
    description,
    ['Id', ...object.fields, 'SystemModstamp'],
    [...systemColumns, ...(object.wished?.(settings) ?? [])],
    object.paths,
  )
  const isFed = description.replicateable === true
  if (place.ids !== undefined)
    return { ...nothing, next: JSON.stringify({ ...place, phase: 'named', columns } satisfies Place) }
  const isFirst = place.since === null && place.isWhole && object.neverInBulk !== true
  const mayGrow = isFirst ? { listed: 0, kinds: kindsOf(description, columns) } : {}
  const list = { ...place, phase: 'list', columns, isFed, ...mayGrow } satisfies Place
  return { ...nothing, next: JSON.stringify(list) }
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

/** Where to go on; a pass that read everything says so at its end. */
function ending({ isWhole }: Place, next: Place | null): Pick<Page, 'next' | 'total' | 'endsWhole'> {
  if (next !== null) return { next: JSON.stringify(next), total: null }
  return { next: null, total: null, ...(isWhole && { endsWhole: true as const }) }
}
