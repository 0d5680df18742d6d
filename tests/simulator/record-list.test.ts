import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecordList } from '../../simulator/record-list.ts'

type Row = { isListed: boolean; text: string }

const listOf = (rows: Row[], isNewestFirst: boolean) =>
  new RecordList(
    {
      length: () => rows.length,
      isListed: (index) => rows[index]?.isListed ?? false,
      serialise: (index) => JSON.stringify(rows[index]?.text),
    },
    isNewestFirst,
  )

const row = fc.record({ isListed: fc.boolean(), text: fc.string({ unit: 'grapheme', maxLength: 4 }) })
const edit = fc.oneof(
  fc.record({ place: fc.nat(400), row }),
  fc.record({ place: fc.constant('end' as const), row }),
)

test('pages are slices of what is listed, whatever was changed before', () => {
  const looks = fc.array(
    fc.record({ edits: fc.array(edit), offset: fc.nat(450), limit: fc.integer({ min: 1, max: 130 }) }),
  )
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 350, size: 'max' }),
      looks,
      fc.boolean(),
      (rows, steps, isNewestFirst) => {
        const list = listOf(rows, isNewestFirst)
        for (const { edits, offset, limit } of steps) {
          for (const { place, row: changed } of edits) {
            const index = place === 'end' || place >= rows.length ? rows.length : place
            rows[index] = changed
            list.touch(index)
          }
          const listed = rows.filter(({ isListed }) => isListed).map(({ text }) => text)
          if (isNewestFirst) listed.reverse()
          expect(list.total()).toBe(listed.length)
          expect(JSON.parse(`[${list.page(offset, limit).toString()}]`)).toEqual(
            listed.slice(offset, offset + limit),
          )
        }
      },
    ),
  )
})
