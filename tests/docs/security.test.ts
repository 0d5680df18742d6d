import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/security.md'), 'utf8')

/** A file of tests, or a folder of them, and a title within the file. */
type Named = { path: string; title?: string }

/** Every test that a text names: paths in backticks, each followed by the titles in “quotes” that stand in that file. */
function namedIn(text: string): Named[] {
  const named: Named[] = []
  let path = ''
  for (const [, file, title] of text.replaceAll('\n', ' ').matchAll(/`(tests\/[^`]+)`|“([^”]+)”/g)) {
    if (file !== undefined) named.push({ path: (path = file) })
    else if (title !== undefined) named.push({ path, title })
  }
  return named
}

const titlesIn = (source: string) => source.replaceAll("\\'", "'").replace(/\s+/g, ' ')

/** What is wrong with each test that is named; empty when it is there. */
function problemsOf(named: readonly Named[]): string[] {
  return named.flatMap(({ path, title }) => {
    const place = join(root, path)
    if (!existsSync(place)) return [`${path} is not there`]
    if (path.endsWith('/'))
      return readdirSync(place).some((name) => name.endsWith('.test.ts')) ? [] : [`${path} holds no test`]
    return title === undefined || titlesIn(readFileSync(place, 'utf8')).includes(title)
      ? []
      : [`${path} has no test called “${title}”`]
  })
}

describe('the page on security', () => {
  test('answers each of the 78 points once, in order', () => {
    const points = [...page.matchAll(/^\| (S-\d\d) +\|/gm)].map(([, point]) => point)
    expect(points).toEqual(Array.from({ length: 78 }, (_, at) => `S-${String(at + 1).padStart(2, '0')}`))
  })

  test('calls nothing held without a test, and says of everything else why', () => {
    for (const [line, answer = ''] of page.matchAll(/^\| S-\d\d +\|[^|]+\|([^|]+)\|$/gm)) {
      expect(answer.trim(), line).toMatch(/^\*\*(Held|Part|Coming|Open)\*\*/)
      if (/^ \*\*(Held|Coming)/.test(answer)) expect(answer, line).toMatch(/`tests\/|as S-\d\d/)
    }
  })

  test('names only tests that are there', () => {
    const named = namedIn(page)
    expect(named.length).toBeGreaterThan(60)
    expect(problemsOf(named)).toEqual([])
  })
})

test('a file, a folder or a title that is not there is named', () => {
  const text =
    '`tests/nowhere.test.ts`, `tests/nowhere/`, `tests/docs/` and `tests/docs/security.test.ts` “a title\nthat nobody wrote: %s”'
  expect(problemsOf(namedIn(text))).toEqual([
    'tests/nowhere.test.ts is not there',
    'tests/nowhere/ is not there',
    `tests/docs/security.test.ts has no test called “${['a title', 'that nobody wrote: %s'].join(' ')}”`,
  ])
})
