import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  contextWith,
  cursorBody,
  deal,
  definitions,
  offsetBody,
  pass,
  reply,
  streamOf,
  type Wire,
} from './pipedrive-reading.ts'

const { settings } = contextWith({ pageSize: 10 })
type Asked = { path: string; query: Record<string, string> }

/** Reads a stream to its end from a server that answers as told; what was asked, and what came. */
function readAll(name: string, given: Parameters<typeof pass>[0], answer: (asked: Asked) => unknown) {
  const stream = streamOf(name)
  const asked: Asked[] = []
  const pages = []
  for (let cursor: string | null = stream.begin(pass(given), settings); cursor !== null;) {
    if (asked.length > 400) throw new Error('the list does not end')
    const { path, query = {} } = stream.request(cursor, settings)
    asked.push({ path, query })
    const page = stream.page(reply(answer({ path, query })), cursor, settings)
    pages.push(page)
    cursor = page.next
  }
  return { asked, pages, items: pages.flatMap(({ items }) => items as Wire[]), last: pages.at(-1) }
}

const shape = ({ path, query }: Asked) => {
  const { limit: _, ...rest } = query
  return [path, ...Object.entries(rest).map((pair) => pair.join('='))].join(' ')
}
/** Held, read whole an hour ago, and too long to be read whole in every run. */
const changes = {
  since: '2026-02-06T08:50:00.999Z',
  lastFullAt: '2026-02-06T09:00:00.000Z',
  stored: 50_000,
}

describe('definitions of fields', () => {
  test.each([
    ['opportunities', 'dealFields'],
    ['leads', 'dealFields'],
    ['contacts', 'personFields'],
    ['companies', 'organizationFields'],
    ['stages', 'pipelines'],
    ['activities', 'activityTypes'],
  ])('of %s that come empty are no answer: the records would be read without them', (stream, list) => {
    const answer = ({ path }: Asked) => cursorBody(path.endsWith(list) ? [] : [deal])
    expect(() => readAll(stream, {}, answer)).toThrow(`${list} names nothing, and every company has some`)
  })
})

describe('the lists of deals', () => {
  const answer = ({ path, query }: Asked) => {
    if (path.endsWith('dealFields')) return cursorBody(definitions)
    if (path.endsWith('archived')) return cursorBody([{ ...deal, id: 3, is_archived: true }])
    if (query.status === 'deleted') return cursorBody([{ ...deal, id: 4, is_deleted: true }])
    return query.cursor === undefined
      ? cursorBody([{ ...deal, id: 1 }], 'next')
      : cursorBody([{ ...deal, id: 2 }])
  }

  test('are read one after the other for what changed, with the second cut off and the same filters on every page', () => {
    const { asked, items, last } = readAll('opportunities', changes, answer)
    const since = 'updated_since=2026-02-06T08:50:00Z'
    expect(asked.map(shape)).toEqual([
      '/api/v2/dealFields',
      `/api/v2/deals ${since}`,
      `/api/v2/deals ${since} cursor=next`,
      `/api/v2/deals/archived ${since}`,
      `/api/v2/deals status=deleted ${since}`,
    ])
    expect(items.map(({ id }) => id)).toEqual([1, 2, 3, 4])
    expect(last?.endsWhole).toBeUndefined()
  })

  test('are read whole when nothing was read yet, when they are short, and once a day; and then once more for what moved', () => {
    for (const given of [
      {},
      { ...changes, stored: 2_000 },
      { ...changes, lastFullAt: '2026-02-05T09:59:00Z' },
    ]) {
      const { asked, last } = readAll('opportunities', given, answer)
      expect(asked.map(shape)).toEqual([
        '/api/v2/dealFields',
        '/api/v2/deals',
        '/api/v2/deals cursor=next',
        '/api/v2/deals/archived',
        '/api/v2/deals status=deleted',
        '/api/v2/deals updated_since=2026-02-06T09:55:00Z',
        '/api/v2/deals updated_since=2026-02-06T09:55:00Z cursor=next',
      ])
      expect(last).toMatchObject({ endsWhole: true, repeats: true })
    }
  })

  test('definitions of fields over several pages are all known to the deals behind them', () => {
    const [first, ...others] = definitions
    const { items } = readAll('opportunities', changes, (asked) => {
      if (!asked.path.endsWith('dealFields')) return answer(asked)
      return asked.query.cursor === undefined ? cursorBody([first], 'more') : cursorBody(others)
    })
    expect(items[0]?.custom_fields).toMatchObject({
      ['d'.repeat(40)]: { name: 'Financing', value: 'SBA loan' },
    })
  })
})

describe('a list of version 2', () => {
  test('4. Sync ends early: whatever the sizes of its pages, only the server’s word ends it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(12), { minLength: 1, maxLength: 30 }), (sizes) => {
        let id = 0
        const { items } = readAll('activities', {}, ({ path, query }) => {
          if (path.endsWith('activityTypes')) return cursorBody([{ id: 1 }])
          const at = Number(query.cursor ?? 0)
          const rows = Array.from({ length: sizes[at] ?? 0 }, () => ({ id: (id += 1) }))
          return cursorBody(rows, at + 1 < sizes.length ? String(at + 1) : null)
        })
        expect(items.length).toBe(sizes.reduce((sum, size) => sum + size, 0))
      }),
    )
  })

  test.each<[string, unknown]>([
    ['without success', { data: [], additional_data: { next_cursor: null } }],
    ['that says it is none', { success: false, data: [] }],
    ['without data', { success: true, additional_data: { next_cursor: null } }],
    ['whose data is no list', { success: true, data: {}, additional_data: { next_cursor: null } }],
    ['whose cursor is empty', cursorBody([], '')],
    [
      '10. whose paging has another name',
      { success: true, data: [{ id: 1 }], additional_data: { cursor: 'x' } },
    ],
    ['that is full and silent', { success: true, data: Array.from({ length: 10 }, (_, id) => ({ id })) }],
    ['that is a text', 'maintenance'],
  ])('%s is no list, and not the end of one', (_what, body) =>
    expect(() => readAll('activities', {}, () => body)).toThrow('not a Pipedrive list'),
  )

  test('that is not full may be silent at its end', () => {
    expect(readAll('activities', {}, () => ({ success: true, data: [{ id: 1 }] })).items).toHaveLength(1)
  })
})

describe('a list of version 1', () => {
  /** A server of notes by id, ten a page; `between` may change it after each page. */
  function readNotes(ids: number[], between: (ids: number[], page: number) => number[]) {
    let rows = ids
    let page = 0
    return readAll('notes', {}, ({ query }) => {
      const start = Number(query.start)
      const answer = rows.slice(start, start + 10)
      const next = start + 10 < rows.length ? start + 10 : null
      const body = offsetBody(
        answer.map((id) => ({ id })),
        start,
        next,
      )
      rows = between(rows, (page += 1))
      return body
    })
  }
  const many = Array.from({ length: 95 }, (_, id) => id + 1)
  const idsOf = ({ items }: { items: Wire[] }) => new Set(items.map(({ id }) => Number(id)))

  test('is read by id, so that a change moves no row', () => {
    const { asked, items } = readNotes(many, (rows) => rows)
    expect(asked[0]?.query).toMatchObject({ sort: 'id ASC', start: '0', limit: '10' })
    expect(items.map(({ id }) => id)).toEqual(many)
  })

  test('misses no row that stays, however many go while it is read', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.nat(94)), { maxLength: 12 }),
        (gone) => {
          const removed = new Set<number>()
          try {
            const read = readNotes(many, (rows, page) => {
              const now = gone.filter(([when]) => when === page).map(([, at]) => many[at])
              for (const id of now) removed.add(id ?? 0)
              return rows.filter((id) => !removed.has(id))
            })
            const seen = idsOf(read)
            expect(many.filter((id) => !removed.has(id) && !seen.has(id))).toEqual([])
          } catch (error) {
            // When all that it had read last is gone, it says so, and is read again.
            expect(String(error)).toMatch(/the list moved under us|goes on/)
          }
        },
      ),
    )
  })

  test.each<[string, unknown]>([
    ['full and silent', { success: true, data: Array.from({ length: 10 }, (_, id) => ({ id })) }],
    [
      'without its paging',
      { success: true, data: Array.from({ length: 10 }, (_, id) => ({ id })), additional_data: {} },
    ],
  ])('that is %s is no list', (_what, body) =>
    expect(() => readAll('notes', {}, () => body)).toThrow('not a Pipedrive list'),
  )

  test('with an empty page before its end was not read to its end', () => {
    expect(() => readAll('notes', {}, () => offsetBody([], 0, 10))).toThrow('a list that goes on')
  })

  test('that is empty may be null', () => {
    expect(readAll('notes', {}, () => ({ success: true, data: null })).items).toEqual([])
  })
})

describe('the lists of leads', () => {
  const at = (minutes: number) =>
    new Date(Date.parse('2026-02-06T09:30:00Z') - minutes * 60_000).toISOString()
  const lead = (id: string, updated: string): Wire => ({ id, update_time: updated })

  test('the archive cannot be asked for changes: its newest are read until they are older than that', () => {
    const archive = Array.from({ length: 40 }, (_, n) => lead(`archived-${n}`, at(n * 5)))
    const { asked, items } = readAll('leads', changes, ({ path, query }) => {
      if (path.endsWith('dealFields')) return cursorBody(definitions)
      if (!path.endsWith('archived')) return offsetBody([lead('active', at(1))], 0)
      const start = Number(query.start)
      return offsetBody(archive.slice(start, start + 10), start, start + 10 < 40 ? start + 10 : null)
    })
    expect(asked.map(shape)).toEqual([
      '/api/v2/dealFields',
      'v1/leads updated_since=2026-02-06T08:50:00Z start=0 sort=id ASC',
      'v1/leads/archived start=0 sort=update_time DESC',
    ])
    expect(items.map(({ id }) => id)).toEqual(['active', ...archive.slice(0, 10).map(({ id }) => id)])
  })

  test('may have their paging as the types of the official client have it', () => {
    const rows = Array.from({ length: 25 }, (_, n) => lead(`lead-${n}`, at(n)))
    const { items } = readAll('leads', changes, ({ path, query }) => {
      if (path.endsWith('dealFields')) return cursorBody(definitions)
      if (path.endsWith('archived')) return offsetBody([], 0)
      const start = Number(query.start)
      const data = rows.slice(start, start + 10)
      return {
        success: true,
        data,
        additional_data: { start, limit: 10, more_items_in_collection: start + 10 < 25 },
      }
    })
    expect(items).toHaveLength(25)
  })
})
