import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvBody, csvLine } from '../../../src/server/csv.ts'

/** RFC 4180, read letter by letter. */
function readCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const letter = text.charAt(at)
    if (isQuoted && letter === '"' && text.charAt(at + 1) === '"') {
      cell += '"'
      at++
    } else if (letter === '"') isQuoted = !isQuoted
    else if (isQuoted) cell += letter
    else if (letter === ',') {
      row.push(cell)
      cell = ''
    } else if (letter === '\r' && text.charAt(at + 1) === '\n') {
      rows.push([...row, cell])
      row = []
      cell = ''
      at++
    } else cell += letter
  }
  expect([isQuoted, row, cell]).toEqual([false, [], ''])
  return rows
}

describe('a line of CSV', () => {
  test.each([
    ['=1+1', "'=1+1"],
    ['+49 30', "'+49 30"],
    ['-2', "'-2"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', `"'\r=1"`],
    ['=HYPERLINK("http://evil.test","x")', `"'=HYPERLINK(""http://evil.test"",""x"")"`],
    ['a=b', 'a=b'],
    ['a,b', '"a,b"'],
    ['say "no"', '"say ""no"""'],
    ['two\nlines', '"two\nlines"'],
  ])('with %j holds %j', (cell, written) => {
    expect(csvLine([cell, null])).toBe(`${written},\r\n`)
  })

  test('is read back as it was, but for the apostrophe, and nothing in it is a formula', () => {
    const cells = fc.array(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[=+@\-"',\r\n\t]{0,6}$/)),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    fc.assert(
      fc.property(fc.array(cells, { maxLength: 4 }), (rows) => {
        const read = readCsv(rows.map(csvLine).join(''))
        expect(read.map((row) => row.length)).toEqual(rows.map((row) => row.length))
        for (const [index, cell] of read.flat().entries()) {
          expect(cell).not.toMatch(/^[=+\-@\t\r]/)
          expect([cell, cell.slice(1)]).toContain(rows.flat()[index])
        }
      }),
    )
  })
})

test('a body is made as it is taken, and not at all once nobody takes it', async () => {
  let made = 0
  let hasEnded = false
  async function* lines() {
    try {
      for (;;) yield `${++made}\r\n`
    } finally {
      hasEnded = true
    }
  }
  const reader = csvBody(lines()).getReader()
  await reader.read()
  await reader.read()
  expect(made).toBeLessThan(5)
  await reader.cancel()
  expect(hasEnded).toBe(true)
})
