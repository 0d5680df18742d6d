import { z } from 'zod'
import { StreamError } from '../../errors.ts'
import type { Page, Reply, Request, Stream } from '../connector.ts'
import { instant } from '../instants.ts'
import { batchRequest, bodiesOf, linksOf, wantedBatches } from './associations.ts'
import { readAs } from '../read-as.ts'
import { readList, type Listed } from './envelope.ts'
import { afterLook, namedOf, readBatchRecords, readRequest } from './look.ts'
import {
  afterRecords,
  begin,
  lookAt,
  ofType,
  readPlace,
  refuseShort,
  writePlace,
  type Account,
  type Place,
} from './place.ts'
import { fieldsListed, fieldsShown, inOrder } from './properties.ts'
import { searchOn } from './search.ts'
import type { HubSpotSettings as HS } from './settings.ts'
import { paths } from './versions.ts'

/** An object type: its name in paths, when a record changed, its properties, and which others its records are linked to. */
export type ObjectType = {
  name: string
  stamp: 'lastmodifieddate' | 'hs_lastmodifieddate'
  properties: (settings: HS) => readonly string[]
  /** Those among them that not every account has: mapped ones above all. */
  wished?: (settings: HS) => readonly string[]
  links: readonly string[]
}

/** A record as our reading takes it, the same whether a list or a search gave it. */
export type Item = {
  type: string
  id: string
  properties: Record<string, unknown>
  /** Ids of linked records by their type, ascending. */
  links: Record<string, string[]>
  account?: Account
  archived?: boolean
}

type ObjectStream = Pick<
  Stream<HS>,
  'name' | 'source' | 'tables' | 'item' | 'version' | 'identify' | 'isOffered'
> & {
  types: readonly ObjectType[]
  /** Whether the account's zone and currency give the records a meaning. */
  asksAccount?: true
  normalise: (item: never, context: never) => ReturnType<Stream<HS>['normalise']>
}

const lookbackSeconds = 300

/** A stream of CRM records: first the list, then what changes. */
export function objects({ types, asksAccount, ...stream }: ObjectStream): Stream<HS> {
  return {
    ...stream,
    reads: 'changes',
    deletes: 'flag',
    lookbackSeconds,
    begin: (pass, settings) => {
      const first = begin(pass, settings)
      return writePlace(asksAccount ? { ...first, step: 'account' } : startOf(first, types, 0, settings))
    },
    look: (ids) => writePlace(firstLook(types, ids, asksAccount === true)),
    request: (cursor, settings) => requestAt(readPlace(cursor), types, settings),
    follow: (replies, cursor) => followAt(readPlace(cursor), types, replies),
    page: (reply, cursor, settings) => pageAt(readPlace(cursor), types, reply, settings),
    isGone: ({ archived }) => archived === true,
    normalise: (item, context) =>
      (item as Item).archived === true
        ? { rows: {}, deletedBecause: 'flag', faults: [] }
        : stream.normalise(item, context as never),
  }
}

/** Where several types are read, the name of the type stands before the id. */
function firstLook(types: readonly ObjectType[], ids: readonly string[], asksAccount: boolean): Place {
  const [first] = types
  const named =
    types.length === 1 && first !== undefined
      ? { [first.name]: [...ids] }
      : Object.fromEntries(
          types.map(({ name }) => [
            name,
            ids.filter((id) => id.startsWith(`${name}/`)).map((id) => id.slice(name.length + 1)),
          ]),
        )
  const type = Math.max(
    0,
    types.findIndex(({ name }) => (named[name] ?? []).length > 0),
  )
  return { ...lookAt(named, asksAccount), type }
}

/** The properties that are asked for. */
const namesOf = (type: ObjectType, settings: HS): string[] => [
  ...new Set([...type.properties(settings), type.stamp]),
]

/** The beginning of an object type: which properties there are is asked where some of ours may be missing. */
function startOf(place: Place, types: readonly ObjectType[], type: number, settings: HS): Place {
  const start = ofType(place, type)
  return wishedOf(typeAt(types, start), settings).length === 0 ? start : { ...start, step: 'properties' }
}

const wishedOf = ({ wished }: ObjectType, settings: HS): readonly string[] => wished?.(settings) ?? []

const typeAt = (types: readonly ObjectType[], { type }: Place): ObjectType => types[type] as ObjectType

function requestAt(place: Place, types: readonly ObjectType[], settings: HS): Request {
  if (place.step === 'account') return { method: 'GET', path: paths.account }
  const type = typeAt(types, place)
  if (place.step === 'properties') return { method: 'GET', path: paths.properties(type.name) }
  const properties = namesOf(type, settings)
  if (place.step === 'named' || place.step === 'gone') return readRequest(place, type.name, properties)
  const cost = Math.max(1, settings.requestsPerSecond / settings.searchesPerSecond)
  if (place.step === 'count')
    return {
      method: 'POST',
      path: paths.search(type.name),
      body: { filterGroups: [], properties: [], limit: 1 },
      cost,
    }
  if (place.step === 'search') {
    const { from = 0, to, after } = place
    const filter = { propertyName: type.stamp, value: String(from) }
    const filters = [
      to === undefined
        ? { ...filter, operator: 'GTE' }
        : { ...filter, operator: 'BETWEEN', highValue: String(to) },
    ]
    const sorts = [{ propertyName: type.stamp, direction: 'ASCENDING' }]
    const body = {
      filterGroups: [{ filters }],
      sorts,
      properties,
      limit: settings.searchPageSize,
      ...(after !== undefined && { after }),
    }
    return { method: 'POST', path: paths.search(type.name), body, cost }
  }
  const isArchived = place.step === 'archived'
  const query = {
    limit: String(settings.pageSize),
    archived: String(isArchived),
    properties: isArchived ? type.stamp : properties.join(),
    ...(type.links.length > 0 && !isArchived && { associations: type.links.join() }),
    ...(place.after !== undefined && { after: place.after }),
  }
  return { method: 'GET', path: paths.list(type.name), query }
}

function followAt(place: Place, types: readonly ObjectType[], replies: readonly Reply[]): Request[] {
  if (place.step !== 'list' && place.step !== 'search' && place.step !== 'named') return []
  const { name, links, stamp } = typeAt(types, place)
  const bodies = replies.map(({ body }) => body)
  const listed = place.step === 'named' ? readBatchRecords(bodies[0]) : readList(bodies[0])
  if (place.step === 'search' && !searchOn(place, listed, stampsOf(listed, stamp)).keeps) return []
  return wantedBatches(bodies, listed.results, links, place.step === 'list').map((batch) =>
    batchRequest(name, batch),
  )
}

function pageAt(place: Place, types: readonly ObjectType[], reply: Reply, settings: HS): Page {
  const bodies = bodiesOf(reply)
  if (place.step === 'account') {
    const told = { ...place, account: readAccount(bodies[0]) }
    return goTo(place.named === undefined ? startOf(told, types, 0, settings) : { ...told, step: 'named' })
  }
  if (place.step === 'properties') {
    const type = typeAt(types, place)
    const fields = fieldsListed(bodies[0], type.name, wishedOf(type, settings))
    return { ...goTo(ofType(place, place.type)), fields }
  }
  if (place.step === 'named' || place.step === 'gone') return lookedAt(place, types, bodies, settings)
  const listed = readList(bodies[0])
  if (place.step === 'count') return endOfType(place, types, listed, settings)
  const type = typeAt(types, place)
  const records = () => recordsOf(place, type, listed, bodies, settings)
  if (place.step === 'archived') {
    const items = listed.results.map(({ id }) => ({ type: type.name, id, archived: true }))
    return { ...goTo(onward(place, listed)), items, repeats: true }
  }
  if (place.step === 'list') {
    const { whole } = place
    const isWhole = whole || (types.length === 1 && listed.after === null)
    const next = onward({ ...place, whole: isWhole, ...seenOf(place, listed) }, listed)
    return { ...goTo(next), ...records(), ...(place.since !== null && !whole && { repeats: true }) }
  }
  const { keeps, next } = searchOn(place, listed, stampsOf(listed, type.stamp))
  return { ...goTo(next), ...(keeps && records()), repeats: true }
}

/** What a look found. A record that is not shown at all may be hidden from us, or gone: that is left to a whole list. */
function lookedAt(
  place: Place,
  types: readonly ObjectType[],
  bodies: readonly unknown[],
  settings: HS,
): Page {
  const type = typeAt(types, place)
  const listed = readBatchRecords(bodies[0])
  const wanted = new Set(namedOf(place, type.name))
  const found =
    place.step === 'named'
      ? recordsOf(place, type, listed, bodies, settings)
      : {
          items: listed.results.flatMap(({ id }) =>
            wanted.has(id as string) ? [{ type: type.name, id, archived: true }] : [],
          ),
        }
  const names = types.map(({ name }) => name)
  return { ...afterLook(place, names, listed), ...found, repeats: true }
}

const goTo = (place: Place): Page => ({ items: [], next: writePlace(place), total: null })

/** The next page of a list, or what comes after it. */
const onward = (place: Place, { after }: Listed): Place =>
  after === null ? afterRecords(place) : { ...place, after }

/** How many records the list has given with this page; a place that an older version left does not know. */
const seenOf = ({ listed }: Place, { results }: Listed): Pick<Place, 'listed'> =>
  listed === undefined ? {} : { listed: listed + results.length }

/** The next type begins, or the pass ends with HubSpot's count of all of them. */
function endOfType(place: Place, types: readonly ObjectType[], { total }: Listed, settings: HS): Page {
  if (total === null)
    throw new StreamError('E_CRM_BAD_REPLY', 'a HubSpot search did not say how many records it found')
  refuseShort(place, typeAt(types, place).name, total)
  const counted = place.counted + total
  const type = place.type + 1
  if (type < types.length) return goTo(startOf({ ...place, counted }, types, type, settings))
  return { items: [], next: null, total: counted, ...(place.whole && { endsWhole: true }) }
}

/** Properties in our own order, because a list and a search have each their own; what was not asked for is left out. */
function recordsOf(
  place: Place,
  type: ObjectType,
  listed: Listed,
  bodies: readonly unknown[],
  settings: HS,
): Pick<Page, 'fields'> & { items: Item[] } {
  const { results } = listed
  const fields = fieldsShown(listed, type.name, wishedOf(type, settings))
  const linked = linksOf(bodies, results, type.links, place.step === 'list')
  const names = namesOf(type, settings)
  const items = results.map((record) => {
    const {
      id,
      properties,
      archived: _,
      url: __,
      createdAt: ___,
      updatedAt: ____,
      associations: _____,
      ...others
    } = record
    return {
      ...others,
      type: type.name,
      id: id as string,
      properties: inOrder(names, properties),
      links: (typeof id === 'string' ? linked.get(id) : undefined) ?? {},
      ...(place.account && { account: place.account }),
    }
  })
  return { items, fields }
}

/** The instants of the last change; what has none there cannot be searched by it. */
function stampsOf({ results }: Listed, stamp: string): number[] {
  return results.map(({ properties }) => {
    const text = (properties as Record<string, unknown> | undefined)?.[stamp]
    const at = typeof text === 'string' ? instant(text, 'UTC') : undefined
    if (typeof at !== 'string')
      throw new StreamError('E_CRM_BAD_REPLY', `a record of a HubSpot search has no ${stamp}`)
    return Date.parse(at)
  })
}

const account = z.looseObject({
  timeZone: z.string().min(1),
  companyCurrency: z.string().regex(/^[A-Z]{3}$/),
})

function readAccount(body: unknown): Account {
  const { timeZone, companyCurrency: currency } = readAs(account, body, 'a HubSpot account')
  return { timeZone, currency }
}
