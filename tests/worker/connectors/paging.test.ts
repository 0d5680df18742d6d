import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { listPage, startOfList } from '../../../worker/connectors/clienttether/pages.ts'
import type { Reply } from '../../../worker/connectors/connector.ts'

type Row = { client_id: string }
const identify = (item: Record<string, unknown>) =>
  typeof item.client_id === 'string' ? item.client_id : null
const rows = (...ids: number[]): Row[] => ids.map((id) => ({ client_id: String(id) }))
const count = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

const reply = (body: unknown): Reply => ({ status: 200, headers: {}, body })
const success = (data: unknown, TotalRecord: unknown) =>
  reply({ ResultCode: 'CT_200', Message: 'Success', TotalRecord, data })

/** A server's list: answers a cursor with the rows at its offset. */
const pageAt = (list: Row[], cursor: string, pageSize: number) => {
  const { offset } = JSON.parse(cursor) as { offset: number }
  return listPage(success(list.slice(offset, offset + pageSize), list.length), cursor, identify, pageSize)
}

/** Reads a list to its end; `between` may change it after each page. Throws when it does not end. */
function readAll(list: Row[], pageSize: number, between: (page: number) => void = () => undefined): string[] {
  const read: string[] = []
  let cursor: string | null = startOfList()
  for (let page = 0; cursor !== null; page += 1) {
    if (page > 500) throw new Error('the list does not end')
    const { items, next } = pageAt(list, cursor, pageSize)
    read.push(...items.map((item) => (item as Row).client_id))
    cursor = next
    between(page)
  }
  return read
}

describe('a list', () => {
  test('A1: is read beyond its first hundred', () => {
    expect(readAll(rows(...count(1, 231)), 100)).toEqual(count(1, 231).map(String))
  })

  test.each([1, 99, 100, 101, 199, 200])('of %i rows ends where the server says', (length) => {
    expect(readAll(rows(...count(1, length)), 100)).toHaveLength(length)
  })

  test('goes on after a short page while the server counts more', () => {
    const page = listPage(success(rows(1, 2, 3), 50), startOfList(), identify, 10)
    expect(page.next).not.toBeNull()
  })

  test('A3: without TotalRecord is no list at all, never the end of one', () => {
    for (const total of [undefined, null, '', 'many', -1, '-1'])
      expect(() => listPage(success(rows(1, 2), total), startOfList(), identify, 10)).toThrow(/TotalRecord/)
  })

  test('without data, or with data that is no array, is no list', () => {
    for (const data of [undefined, null, '', {}, { 0: { client_id: '1' } }])
      expect(() => listPage(success(data, 2), startOfList(), identify, 10)).toThrow('not a ClientTether list')
  })

  test('with an empty page before its end was not read to its end', () => {
    expect(() => listPage(success([], 5), startOfList(), identify, 10)).toThrow(
      'empty page at row 0 of a list of 5',
    )
  })

  test('that only repeats the row where the last page ended was not read to its end', () => {
    const { next } = pageAt(rows(...count(1, 20)), startOfList(), 10)
    expect(() => listPage(success(rows(10), 20), next ?? '', identify, 10)).toThrow(
      'nothing after row 9 of a list of 20',
    )
  })

  test('may say its total as text', () => {
    expect(listPage(success(rows(1, 2), '2'), startOfList(), identify, 10)).toMatchObject({
      total: 2,
      next: null,
    })
  })

  test('that is empty says so in two ways', () => {
    const nothing = { items: [], next: null, total: 0 }
    expect(listPage(success([], 0), startOfList(), identify, 10)).toMatchObject(nothing)
    for (const body of [
      { ResultCode: 'CT_515', Message: 'No Record Found' },
      { resultCode: 'CT515', Message: 'No Record Found', client_id: false },
    ])
      expect(listPage(reply(body), startOfList(), identify, 10)).toMatchObject(nothing)
  })

  test('that has no record any more on a later page was not read to its end', () => {
    const { next } = pageAt(rows(...count(1, 20)), startOfList(), 10)
    expect(() => listPage(reply({ resultCode: 'CT515' }), next ?? '', identify, 10)).toThrow()
  })

  test('is read in both spellings of its envelope', () => {
    for (const code of [{ ResultCode: 'CT_200' }, { resultCode: 'CT200' }, { resultCode: 'ct_200' }])
      expect(
        listPage(reply({ ...code, TotalRecord: 1, data: rows(1) }), startOfList(), identify, 10).items,
      ).toEqual(rows(1))
  })
})

describe('a list that moves while it is read', () => {
  test('whose next page begins with rows we have gives each once', () => {
    const list = rows(...count(1, 30))
    const { next } = pageAt(list, startOfList(), 10)
    expect(pageAt([...rows(101, 102), ...list], next ?? '', 10).items).toEqual(rows(...count(11, 17)))
  })

  test('whose rows before us have gone is looked at again further up', () => {
    const list = rows(...count(1, 30))
    const { next } = pageAt(list, startOfList(), 10)
    const shorter = list.slice(3)
    const lost = pageAt(shorter, next ?? '', 10)
    expect(lost.items).toEqual([])
    expect(pageAt(shorter, lost.next ?? '', 10).items[0]).toEqual({ client_id: '11' })
  })

  test('beyond recognition is given up, not guessed at', () => {
    const { next } = pageAt(rows(...count(1, 30)), startOfList(), 10)
    const others = rows(...count(500, 600))
    let cursor = next ?? ''
    expect(() => {
      for (let page = 0; page < 10; page += 1) cursor = pageAt(others, cursor, 10).next ?? ''
    }).toThrow('the list moved under us')
  })

  test('a row without an id, first or last on its page, hides no other row', () => {
    const list: Record<string, unknown>[] = [
      ...rows(...count(1, 9)),
      { firstName: 'Nameless' },
      ...rows(...count(11, 30)),
    ]
    list[18] = { firstName: 'Also nameless' }
    expect(readAll(list as Row[], 10).filter((id) => id !== undefined)).toEqual(
      count(1, 30)
        .filter((id) => id !== 10 && id !== 19)
        .map(String),
    )
  })

  for (const order of ['oldest first', 'newest first'] as const) {
    test(`a row that is there throughout is never missed, ${order}`, () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 60 }),
          fc.integer({ min: 2, max: 12 }),
          fc.array(fc.record({ add: fc.nat(3), remove: fc.array(fc.nat(), { maxLength: 3 }) }), {
            maxLength: 20,
          }),
          (length, pageSize, changes) => {
            const list = rows(...count(1, length))
            if (order === 'newest first') list.reverse()
            const throughout = new Set(list.map(({ client_id: id }) => id))
            let lastId = length
            const change = (page: number) => {
              const { add = 0, remove = [] } = changes[page] ?? {}
              for (const at of remove)
                for (const gone of list.splice(list.length === 0 ? 0 : at % list.length, 1))
                  throughout.delete(gone.client_id)
              for (let added = 0; added < add; added += 1) {
                lastId += 1
                const row = { client_id: String(lastId) }
                if (order === 'newest first') list.unshift(row)
                else list.push(row)
              }
            }
            const seen = readOrGiveUp(list, pageSize, change)
            if (seen !== null) expect([...throughout].filter((id) => !seen.has(id))).toEqual([])
          },
        ),
        { numRuns: 1_000 },
      )
    })
  }

  test('of a hundred rows a page is read to its end whatever a busy minute does to it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 6 }), fc.nat(20), (removals, additions) => {
        const list = rows(...count(1, 400))
        const read = readAll(list, 100, (page) => {
          if (page !== 1) return
          for (const at of removals) list.splice(at % list.length, 1)
          list.unshift(...rows(...count(1_000, 999 + additions)))
        })
        expect(new Set(read).size).toBeGreaterThanOrEqual(400 - removals.length)
      }),
    )
  })
})

/** The ids read, or null where the list was given up as incomplete: then nothing is concluded from it. */
function readOrGiveUp(list: Row[], pageSize: number, between: (page: number) => void): Set<string> | null {
  try {
    return new Set(readAll(list, pageSize, between))
  } catch (error) {
    expect((error as { code?: string }).code).toBe('E_SHORT_READ')
    return null
  }
}
