import type { Kept, Shelf } from './hubspot-shelf.ts'
import { anotherToken, invalid, ok } from './hubspot-reply.ts'
import type { Reply } from './reply.ts'

// The search guide and its SPEC (read 2026-11-20): at most five groups of six filters, eighteen in all, one sort, 200 rows a
// page, and nothing beyond the ten thousandth. Ids are sorted and compared as text.

type Filter = {
  propertyName: string
  operator: string
  value?: string
  highValue?: string
  values?: string[]
}
export type SearchBody = {
  filterGroups?: { filters?: Filter[] }[]
  sorts?: ({ propertyName: string; direction?: string } | string)[]
  properties?: string[]
  query?: string
}

/** How far a search goes. */
export const SEARCH_WINDOW = 10_000

/** Answers searches of one object type. `lagSeconds`: how long a change stays unknown to the index. */
export class Search {
  readonly #shelf: Shelf
  readonly #now: () => number
  readonly #lagSeconds: number
  /** The last search, in order, until something changes: a reader asks for its pages one after the other. */
  #last: { key: string; found: Kept[] } | undefined

  constructor(shelf: Shelf, now: () => number, lagSeconds: number) {
    this.#shelf = shelf
    this.#now = now
    this.#lagSeconds = lagSeconds
  }

  answer(body: SearchBody, page: URLSearchParams, show: (kept: Kept, properties: string[]) => object): Reply {
    const limit = Number(page.get('limit') ?? 10)
    const after = Number.parseInt(page.get('after') || '0', 10)
    const groups = body.filterGroups ?? []
    const filters = groups.flatMap((group) => group.filters ?? [])
    if (!(limit >= 0 && limit <= 200)) return invalid('limit must be at most 200')
    if (groups.length > 5 || groups.some((group) => (group.filters ?? []).length > 6) || filters.length > 18)
      return invalid('too many filters')
    if ((body.sorts ?? []).length > 1) return invalid('only one sort is allowed')
    if (JSON.stringify(body).length > 3_000) return invalid('the query is longer than 3,000 characters')
    const unknown = filters.find(({ operator }) => !(operator in operators))
    if (unknown !== undefined) return invalid(`unknown operator ${unknown.operator}`)
    if (after + limit > SEARCH_WINDOW) return invalid(`paging past ${SEARCH_WINDOW} results is not possible`)
    const found = this.#find(body)
    const rows = found.slice(after, after + limit)
    const end = after + rows.length
    return ok({
      total: found.length,
      results: rows.map((kept) => show(kept, body.properties ?? [...this.#shelf.type.defaults])),
      ...(end < found.length && {
        paging: { next: { after: rows.length === 0 ? anotherToken(page) : String(end) } },
      }),
    })
  }

  #find(body: SearchBody): Kept[] {
    const indexed = this.#now() - this.#lagSeconds
    const key = JSON.stringify([
      body.filterGroups,
      body.sorts,
      this.#shelf.version,
      this.#lagSeconds && indexed,
    ])
    if (this.#last?.key === key) return this.#last.found
    const { stamp } = this.#shelf.type
    const matches = predicate(body)
    const isStamped = (kept: Kept) => this.#shelf.isLive(kept) && kept.row.modifiedAt <= indexed
    const found = this.#shelf.all.filter((kept) => isStamped(kept) && matches(kept))
    const [sort] = body.sorts ?? []
    const by = typeof sort === 'string' ? sort.replace(/^-/, '') : (sort?.propertyName ?? 'createdate')
    const isDown = typeof sort === 'string' ? sort.startsWith('-') : sort?.direction === 'DESCENDING'
    if (by === stamp) found.sort((a, b) => a.row.modifiedAt - b.row.modifiedAt || asText(a.id, b.id))
    else found.sort((a, b) => compareText(a.read()[by] ?? '', b.read()[by] ?? '') || asText(a.id, b.id))
    if (isDown) found.reverse()
    this.#last = { key, found }
    return found
  }
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const asText = (a: number, b: number) => compareText(String(a), String(b))

/** Groups are alternatives; the filters of a group hold together. */
function predicate({ filterGroups = [], query }: SearchBody): (kept: Kept) => boolean {
  const groups = filterGroups.map(({ filters = [] }) => filters)
  const word = query?.toLowerCase()
  return (kept) => {
    if (groups.length === 0 && word === undefined) return true
    const stampMs = kept.row.modifiedAt * 1000
    const properties = groups.every((filters) => filters.every(isStampFilter)) ? {} : kept.read()
    const isFound =
      groups.length === 0 ||
      groups.some((filters) =>
        filters.every((filter) =>
          operators[filter.operator]?.(
            isStampFilter(filter) ? String(stampMs) : (properties[filter.propertyName] ?? null),
            filter,
          ),
        ),
      )
    const hasWord =
      word === undefined ||
      Object.values(kept.read()).some((value) => value?.toLowerCase().includes(word) === true)
    return isFound && hasWord
  }
}

const isStampFilter = ({ propertyName }: Filter) =>
  propertyName === 'hs_lastmodifieddate' || propertyName === 'lastmodifieddate'

/** Dates are given as epoch milliseconds, numbers as numbers; everything else, ids too, is text. */
function order(held: string, wanted: string, property: string): number {
  const isId = property === 'hs_object_id'
  const [a, b] = [asNumber(held), asNumber(wanted)]
  return isId || Number.isNaN(a) || Number.isNaN(b) ? compareText(held, wanted) : a - b
}

const asNumber = (text: string): number =>
  /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : text === '' ? Number.NaN : Number(text)

type Operator = (held: string | null, filter: Filter) => boolean
const compared =
  (isIn: (order: number) => boolean): Operator =>
  (held, { value = '', propertyName }) =>
    held !== null && isIn(order(held, value, propertyName))
const isOneOf: Operator = (held, { values = [] }) =>
  held !== null && values.some((value) => value.toLowerCase() === held.toLowerCase())
const hasToken: Operator = (held, { value = '' }) =>
  held !== null && held.toLowerCase().split(/\W+/).includes(value.toLowerCase().replaceAll('*', ''))

const operators: Record<string, Operator> = {
  LT: compared((o) => o < 0),
  LTE: compared((o) => o <= 0),
  GT: compared((o) => o > 0),
  GTE: compared((o) => o >= 0),
  EQ: compared((o) => o === 0),
  NEQ: (held, filter) => held === null || order(held, filter.value ?? '', filter.propertyName) !== 0,
  BETWEEN: (held, { value = '', highValue = '', propertyName }) =>
    held !== null && order(held, value, propertyName) >= 0 && order(held, highValue, propertyName) <= 0,
  IN: isOneOf,
  NOT_IN: (held, filter) => !isOneOf(held, filter),
  HAS_PROPERTY: (held) => held !== null,
  NOT_HAS_PROPERTY: (held) => held === null,
  CONTAINS_TOKEN: hasToken,
  NOT_CONTAINS_TOKEN: (held, filter) => !hasToken(held, filter),
}
