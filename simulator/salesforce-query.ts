import type { Kept, ObjectType, Value } from './salesforce-objects.ts'
import { invalidLocator, Refusal } from './salesforce-reply.ts'
import type { Schema } from './salesforce-schema.ts'
import type { Reach } from './salesforce-shelf.ts'
import { order } from './salesforce-shelf.ts'
import { MalformedQuery, parseSoql, type Condition, type Query } from './salesforce-soql.ts'
import { reader, stampBound, tester } from './salesforce-where.ts'
import { API_VERSION, recordJson, select, type Selected } from './salesforce-wire.ts'

/** What a query found, before it is written. */
export type Result = { type: ObjectType; selected: Selected[]; found: Kept[]; isCount: boolean }

/** How many answers may be continued at once; an older one is forgotten for each one more. */
const LOCATORS_KEPT = 10

/** Seconds after which an answer can no longer be continued. */
const LOCATOR_SECONDS = 900

/** Queries of one org: SOQL in, pages of records out. */
export class Queries {
  readonly #schema: Schema
  readonly #open = new Map<string, Result & { askedAt: number; batch: number }>()
  #made = 0

  constructor(schema: Schema) {
    this.#schema = schema
  }

  /** The first page, as JSON. Throws `Refusal`. */
  first(soql: string, reach: Reach, batch: number): string {
    const result = run(this.#schema, soql, reach)
    if (result.isCount) return `{"totalSize":${result.found.length},"done":true,"records":[]}`
    this.#made += 1
    const locator = `0r8${String(this.#made).padStart(12, '0')}AAA`
    if (result.found.length > batch) {
      this.#open.set(locator, { ...result, batch, askedAt: this.#schema.org.world.now })
      const [oldest] = this.#open.keys()
      if (this.#open.size > LOCATORS_KEPT && oldest !== undefined) this.#open.delete(oldest)
    }
    return this.#page(result, locator, 0, batch)
  }

  /** A further page, by the last part of its address. Throws `Refusal` (`INVALID_QUERY_LOCATOR`). */
  next(name: string): string {
    const [locator = '', from = ''] = name.split('-')
    const result = this.#open.get(locator)
    if (result === undefined || result.askedAt + LOCATOR_SECONDS < this.#schema.org.world.now)
      throw invalidLocator()
    result.askedAt = this.#schema.org.world.now
    return this.#page(result, locator, Number(from), result.batch)
  }

  /** Forgets where every answer is continued. */
  forget(): void {
    this.#open.clear()
  }

  #page({ type, selected, found }: Result, locator: string, from: number, batch: number): string {
    const to = from + batch
    const records = found.slice(from, to).map((kept) => recordJson(this.#schema, type, kept, selected))
    const isDone = to >= found.length
    const next = isDone ? '' : `"nextRecordsUrl":"/services/data/v${API_VERSION}/query/${locator}-${to}",`
    return `{"totalSize":${found.length},"done":${isDone},${next}"records":[${records.join(',')}]}`
  }
}

/** Runs a query. Throws `Refusal` (`MALFORMED_QUERY`, `INVALID_FIELD`, `INVALID_TYPE`). */
export function run(schema: Schema, soql: string, reach: Reach): Result {
  const query = parsed(soql)
  if ((query.limit ?? 0) > (schema.org.options.rowsInTime ?? Infinity))
    throw new Refusal(400, 'QUERY_TIMEOUT', 'Your query request was running for too long.')
  const type = schema.object(query.object)
  const isCount = query.fields.length === 1 && query.fields[0]?.toLowerCase() === 'count'
  const selected = isCount ? [] : select(schema, type, query.fields)
  checkFilter(type, query.where)
  return { type, selected, found: matches(schema, type, query, reach), isCount }
}

function parsed(soql: string): Query {
  try {
    return parseSoql(soql)
  } catch (error) {
    if (!(error instanceof MalformedQuery)) throw error
    throw new Refusal(400, 'MALFORMED_QUERY', error.message)
  }
}

function checkFilter({ name, needsFilterOn }: ObjectType, where: Condition | null): void {
  if (needsFilterOn === undefined || isOn(where, needsFilterOn)) return
  const message = `Implementation restriction: ${name} requires a filter on one of ${needsFilterOn.join(', ')}, by = or IN.`
  throw new Refusal(400, 'MALFORMED_QUERY', message)
}

function isOn(where: Condition | null, names: readonly string[]): boolean {
  if (where?.kind === 'and') return where.of.some((inner) => isOn(inner, names))
  if (where?.kind === 'in') return where.isIn && names.includes(where.path)
  return where?.kind === 'compare' && where.operator === '=' && names.includes(where.path)
}

function matches(schema: Schema, type: ObjectType, query: Query, reach: Reach): Kept[] {
  const shelf = schema.shelf(type)
  const isMeant = tester(schema, type, query.where)
  const isInOrder = isKeysetOrder(query)
  const most = query.limit === null ? Infinity : query.limit + query.offset
  const { all } = shelf
  const found: Kept[] = []
  for (let at = shelf.from(stampBound(query.where)); at < all.length; at += 1) {
    const kept = all[at]
    if (kept === undefined || !shelf.isWithin(reach, kept) || !isMeant(kept)) continue
    found.push(kept)
    if (isInOrder && found.length >= most) break
  }
  const sorted = isInOrder ? found : found.sort(comparison(schema, type, query.orderBy))
  return sorted.slice(query.offset, most)
}

/** The order in which records lie here anyway. */
function isKeysetOrder({ orderBy: [first, second, ...others] }: Query): boolean {
  const isBy = (part: Query['orderBy'][number] | undefined, name: string) =>
    part?.path.toLowerCase() === name && !part.isDescending
  return others.length === 0 && isBy(first, 'systemmodstamp') && isBy(second, 'id')
}

/** Records whose order nobody asked for come by their ids. */
function comparison(
  schema: Schema,
  type: ObjectType,
  orderBy: Query['orderBy'],
): (a: Kept, b: Kept) => number {
  const parts = orderBy.map((part) => ({ ...part, ...reader(schema, type, part.path) }))
  return (a, b) => {
    for (const { read, isDescending, areNullsLast } of parts) {
      const sign = compared(read(a), read(b), areNullsLast)
      if (sign !== 0) return isDescending ? -sign : sign
    }
    return order(a.id, b.id)
  }
}

function compared(a: Value, b: Value, areNullsLast: boolean): number {
  if (a === b) return 0
  if (a === null) return areNullsLast ? 1 : -1
  if (b === null) return areNullsLast ? -1 : 1
  return a < b ? -1 : 1
}
