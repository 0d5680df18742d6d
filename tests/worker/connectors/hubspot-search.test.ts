import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AnyConnector, Reply, Request, Stream } from '../../../worker/connectors/connector.ts'
import { connectors } from '../../../worker/connectors/registry.ts'
import { readSettings } from '../../../worker/open.ts'

const hubSpot = (await connectors.get('hubspot')) as AnyConnector
const contacts = hubSpot.streams.find(({ name }) => name === 'contacts') as Stream<never>

const since = Date.parse('2026-02-06T08:00:00.000Z')
const scanStart = '2026-02-06T09:00:00.000Z'

type Search = {
  filterGroups: { filters: { value: string; highValue?: string }[] }[]
  limit: number
  after?: string
}

/** HubSpot's search over the instants at which contacts changed last, as its guide has it: by that instant and then by id, paged by offset. */
function answer(changedAt: Map<string, number>, { path, body, query }: Request): unknown {
  const row = ([id, at]: [string, number]) => ({
    id,
    properties: { lastmodifieddate: new Date(at).toISOString() },
  })
  if (query !== undefined) return { results: [...changedAt].map(row) }
  const { filterGroups, limit, after = '0' } = body as Search
  expect(path).toMatch(/search$/)
  const { value = '0', highValue = 'Infinity' } = filterGroups[0]?.filters[0] ?? {}
  const found = [...changedAt]
    .filter(([, at]) => at >= Number(value) && at <= Number(highValue))
    .sort(([a, at], [b, bt]) => at - bt || (a < b ? -1 : 1))
  const end = Number(after) + limit
  const paging = { next: { after: String(end) } }
  return {
    total: found.length,
    results: found.slice(Number(after), end).map(row),
    ...(end < found.length && { paging }),
  }
}

/** The ids that a pass over changes reads, while `between` happens to the contacts after each page. */
function readAll(changedAt: Map<string, number>, searchPageSize: number, between: (page: number) => void) {
  const settings = readSettings(hubSpot, { searchPageSize })
  const pass = { scanStart, crmStart: scanStart, since: new Date(since).toISOString() }
  const seen = new Set<unknown>()
  let cursor: string | null = contacts.begin({ ...pass, lastFullAt: scanStart, parent: null }, settings)
  for (let page = 0; cursor !== null; page += 1) {
    if (page > 500) throw new Error('the search does not end')
    const body = answer(changedAt, contacts.request(cursor, settings))
    const read = contacts.page({ status: 200, headers: {}, body } satisfies Reply, cursor, settings)
    for (const { id } of read.items as { id: string }[]) seen.add(id)
    cursor = read.next
    between(page)
  }
  return seen
}

test('what changed is never missed, however many share one instant and whatever is edited or archived while they are read', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(2), { maxLength: 40 }),
      fc.integer({ min: 2, max: 6 }),
      fc.array(fc.array(fc.record({ at: fc.nat(), isGone: fc.boolean() }), { maxLength: 2 }), {
        maxLength: 15,
      }),
      (instants, pageSize, happenings) => {
        const changedAt = new Map(instants.map((at, n) => [String(n + 1), since + at * 1_000]))
        let now = Date.parse(scanStart)
        const seen = readAll(changedAt, pageSize, (page) => {
          for (const { at, isGone } of happenings[page] ?? []) {
            const id = [...changedAt.keys()][at % Math.max(1, changedAt.size)]
            if (id === undefined) continue
            now += 1_000
            if (isGone) changedAt.delete(id)
            else changedAt.set(id, now)
          }
        })
        expect([...changedAt.keys()].filter((id) => !seen.has(id))).toEqual([])
      },
    ),
    { numRuns: 500 },
  )
})

test('a search that shows less than it counts is asked anew, and then the list is read, until that has given what is counted', () => {
  const settings = readSettings(hubSpot, {})
  const pass = { scanStart, crmStart: scanStart, since: new Date(since).toISOString() }
  const row = { id: '1', properties: { lastmodifieddate: scanStart } }
  const readWith = (list: unknown[]) => {
    let cursor: string | null = contacts.begin({ ...pass, lastFullAt: scanStart, parent: null }, settings)
    let searches = 0
    while (cursor !== null) {
      const { query, body } = contacts.request(cursor, settings)
      const isSearch = query === undefined && (body as Search).filterGroups.length > 0
      if (isSearch) searches += 1
      // The empty search at the end of a pass is its count.
      const results = query !== undefined ? list : []
      const answered = { ...(query === undefined && { total: 2 }), results }
      cursor = contacts.page({ status: 200, headers: {}, body: answered }, cursor, settings).next
    }
    return searches
  }
  expect(readWith([row, { ...row, id: '2' }])).toBe(6)
  expect(() => readWith([])).toThrow(/counts 2 contacts and listed 0/)
})
