import { describe, expect, test } from 'vitest'
import ts from 'typescript'
import { importsOf, nodesOf, parse, readTree, type Import, type Tree } from './support/source.ts'

/**
 * The house, as a table: files that begin with `part` may import what begins with one of `may`, and the types of
 * `types` besides. The first row that fits a file is its row; a file that fits none has no place in the house.
 */
const house: { part: string; may: string[]; types?: string[]; packages?: string[] }[] = [
  { part: 'drizzle/', may: ['drizzle/'] },
  { part: 'worker/connectors/registry.ts', may: ['worker/connectors/'] },
  // Pure descriptions: no database, no network, no file.
  {
    part: 'worker/connectors/',
    may: ['worker/connectors/', 'worker/errors.ts'],
    types: ['drizzle/schema/'],
    packages: ['zod', 'node:crypto'],
  },
  { part: 'worker/main.ts', may: ['worker/', 'drizzle/'] },
  { part: 'worker/', may: ['drizzle/', 'worker/'] },
  { part: 'simulator/', may: ['simulator/'] },
  { part: 'src/domain/', may: ['src/domain/'], types: ['drizzle/', 'src/'], packages: [] },
  { part: 'src/queries/', may: ['drizzle/', 'src/domain/', 'src/queries/'] },
  { part: 'src/commands/', may: ['drizzle/', 'src/domain/', 'src/commands/', 'src/server/access.ts'] },
  {
    part: 'src/components/',
    may: ['src/components/', 'src/charts/', 'src/domain/', 'src/format.ts', 'src/styles/'],
    types: ['src/', 'drizzle/schema/'],
  },
  {
    part: 'src/parts/',
    may: ['src/parts/', 'src/components/', 'src/charts/', 'src/domain/', 'src/format.ts', 'src/styles/'],
    types: ['src/', 'drizzle/schema/'],
  },
  { part: 'src/charts/', may: ['src/charts/', 'src/format.ts'], types: ['src/', 'drizzle/schema/'] },
  { part: 'src/', may: ['src/', 'drizzle/'] },
  {
    part: 'bin/',
    may: [
      'bin/',
      'drizzle/',
      'worker/',
      'simulator/',
      'src/server/',
      'src/queries/',
      'src/commands/',
      'src/identity/',
      'src/domain/',
      'src/format.ts',
      'package.json',
    ],
  },
]

/** Where the pieces are wired; nobody imports these but the command line. */
const wiring = /^(worker|simulator|src\/server)\/main\.ts$/

/** The worker's files that are named after the statement they hold. */
const statements =
  /^worker\/(cursor|heartbeat|hold|lease|load|measure|open|parents|publish|quarantine|rate-limit|replay|retire|schedule|shadow|snapshot|stream-end|tombstone|outbox|nudge|write-claim|confirm|alone|aliases|stored-secrets|consents|connection-test|forget|reseal|mappings|count-live|hidden)\.ts$/
const sqlHome = (path: string) =>
  /^(drizzle|src\/queries|src\/commands)\//.test(path) || statements.test(path) || path === soqlHome
/** Salesforce is asked in a language of its own that looks like SQL. */
const soqlHome = 'worker/connectors/salesforce/soql.ts'
const readsEnvironment = /^(drizzle\/config|worker\/main|simulator\/main|src\/server\/main)\.ts$|^bin\//

const tree = readTree(['bin', 'drizzle', 'worker', 'simulator', 'src'])

describe('the house', () => {
  test('every folder of it was read', () => {
    for (const folder of ['bin/', 'drizzle/', 'worker/', 'simulator/', 'src/']) {
      expect([...tree.keys()].filter((path) => path.startsWith(folder)).length, folder).toBeGreaterThan(0)
    }
  })
  test('a file imports only what its row allows', () => expect(forbiddenImports(tree)).toEqual([]))
  test('imports go round in no circle', () => expect(circles(tree)).toEqual([]))
  test('SQL stays in its three homes', () => expect(strayStatements(tree)).toEqual([]))
  test('no file is too long', () => expect(tooLong(tree)).toEqual([]))
  test('half of the files have at most 60 lines of code', () =>
    expect(medianLength(tree)).toBeLessThanOrEqual(60))
  test('nothing is left unsaid or for later', () => expect(strayWords(tree)).toEqual([]))
  test('the design system is at most twenty components, and the style guide shows them all', () => {
    const components = [...tree.keys()].filter((path) => /^src\/components\/.*\.astro$/.test(path))
    expect(components.length).toBeGreaterThan(0)
    expect(components.length).toBeLessThanOrEqual(20)
    const shown = importsIn(readTree(['tests/styleguide'])).map(({ to }) => to)
    expect(components.filter((path) => !shown.includes(path))).toEqual([])
  })
})

function importsIn(files: Tree): Import[] {
  return [...files].flatMap(([path, text]) => importsOf(parse(path, text)))
}

function forbiddenImports(files: Tree): string[] {
  const homeless = [...files.keys()]
    .filter((path) => !rowOf(path))
    .map((path) => `${path} has no row in the table`)
  const forbidden = importsIn(files).filter((edge) => !isAllowed(edge))
  return [...homeless, ...forbidden.map(({ from, to }) => `${from} imports ${to}`)]
}

const rowOf = (path: string) => house.find(({ part }) => path.startsWith(part))

function isAllowed({ from, to, typeOnly }: Import): boolean {
  const { may, types = [], packages } = rowOf(from) ?? { may: [] }
  if (to.startsWith('npm:')) return typeOnly || !packages || packages.includes(to.slice('npm:'.length))
  if (wiring.test(to)) return from.startsWith('bin/')
  const crm = /^worker\/connectors\/([^/]+)\//
  // One CRM never leans on another, and the pipeline knows them only by their shared type.
  if (from.startsWith('worker/connectors/') && crm.test(to) && !from.endsWith('/registry.ts')) {
    return from.startsWith(`worker/connectors/${crm.exec(to)?.[1]}`)
  }
  if (!from.startsWith('worker/connectors/') && to.startsWith('worker/connectors/')) {
    return /^worker\/connectors\/(connector|registry)\.ts$/.test(to) && /^(worker|bin)\//.test(from)
  }
  if (from.startsWith('src/') && to.startsWith('src/pages/')) return false
  return may.some((part) => to.startsWith(part)) || (typeOnly && types.some((part) => to.startsWith(part)))
}

function circles(files: Tree): string[] {
  const edges = Map.groupBy(
    importsIn(files).filter(({ typeOnly }) => !typeOnly),
    ({ from }) => from,
  )
  const found: string[] = []
  const done = new Set<string>()
  const walk = (path: string, trail: string[]): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(' > '))
    if (trail.includes(path) || done.has(path)) return
    for (const { to } of edges.get(path) ?? []) walk(to, [...trail, path])
    done.add(path)
  }
  for (const path of files.keys()) walk(path, [])
  return found
}

function strayStatements(files: Tree): string[] {
  const statement =
    /^\s*(select\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|with\s+\w+\s+as\s*\(|(create|alter|drop)\s+(table|index|role|database|schema)\s|notify\s+\w)/i
  return [...files].flatMap(([path, text]) => {
    if (sqlHome(path)) return []
    const found = [...nodesOf(parse(path, text))].find(
      (node) =>
        (ts.isTaggedTemplateExpression(node) && node.tag.getText() === 'sql') ||
        ((ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) && statement.test(node.text)),
    )
    return found ? [`${path}: ${found.getText().slice(0, 60)}`] : []
  })
}

function tooLong(files: Tree): string[] {
  const limit = (path: string) => (path === 'worker/sync.ts' ? 80 : 300)
  return [...files]
    .map(([path, text]) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ path, lines }) => lines > limit(path))
    .map(({ path, lines }) => `${path} has ${lines} lines, its limit is ${limit(path)}`)
}

/** Lines that are neither empty nor comment: a sentence that explains must never cost its file the budget. */
function medianLength(files: Tree): number {
  const code = (text: string) =>
    text.split('\n').filter((line) => !/^\s*(\/\/.*|\/?\*.*|)$/.test(line)).length
  const lengths = [...files.values()].map(code).toSorted((a, b) => a - b)
  return lengths[Math.floor((lengths.length - 1) / 2)] ?? 0
}

function strayWords(files: Tree): string[] {
  return [...files].flatMap(([path, text]) => {
    const nodes = [...nodesOf(parse(path, text))]
    const environment = nodes.some(
      (node) => ts.isPropertyAccessExpression(node) && node.getText() === 'process.env',
    )
    return [
      ...(/\b(TODO|FIXME|XXX|HACK)\b/.test(text) ? [`${path} puts something off`] : []),
      ...(/@ts-(ignore|nocheck|expect-error)|oxlint-disable|eslint-disable/.test(text)
        ? [`${path} silences a checker`]
        : []),
      ...(nodes.some((node) => node.kind === ts.SyntaxKind.AnyKeyword) ? [`${path} uses any`] : []),
      ...(environment && !readsEnvironment.test(path) ? [`${path} reads process.env`] : []),
      ...(/(^|\/)(utils?|helpers?|misc|common)(\/|\.\w+$)/.test(path)
        ? [`${path} is named after nothing`]
        : []),
    ]
  })
}

describe('the rules themselves', () => {
  const planted = (files: Record<string, string>): Tree => new Map(Object.entries(files))

  test.each([
    ['worker/load.ts', `import { x } from '../src/format.ts'`],
    ['src/pages/due.astro', `---\nimport { load } from '../../worker/load.ts'\n---\n<p />`],
    ['src/pages/due.astro', `---\nimport Other from './leads.astro'\n---\n<p />`],
    ['src/components/Card.astro', `<script>\nimport { sql } from '../queries/due.ts'\n</script>`],
    ['src/components/Card.astro', `---\nimport Board from '../parts/pipeline/Board.astro'\n---\n<p />`],
    ['src/domain/due.ts', `import { readFile } from 'node:fs/promises'`],
    ['src/queries/due.ts', `export { x } from '../commands/complete.ts'`],
    ['drizzle/db.ts', `const x = await import('../worker/load.ts')`],
    ['simulator/world.ts', `import '../worker/connectors/hubspot.ts'`],
    ['worker/connectors/hubspot.ts', `import { leads } from '../../drizzle/schema/crm.ts'`],
    ['worker/connectors/hubspot.ts', `import pg from 'pg'`],
    ['worker/connectors/hubspot.ts', `import { x } from './pipedrive/pages.ts'`],
    ['worker/sync.ts', `import { hubspot } from './connectors/hubspot.ts'`],
    ['worker/sync.ts', `import { x } from './main.ts'`],
    ['attic/old.ts', ''],
  ])('%s with %j is refused', (path, text) => {
    expect(forbiddenImports(planted({ [path]: text }))).toHaveLength(1)
  })

  test('what the table allows is not refused', () => {
    const files = {
      'worker/connectors/hubspot.ts': `import type { Lead } from '../../drizzle/schema/crm.ts'\nimport { z } from 'zod'`,
      'worker/connectors/hubspot/pages.ts': `import { type Place } from './settings.ts'`,
      'src/components/Card.astro': `---\nimport type { Due } from '../queries/due.ts'\n---\n<p />`,
      'bin/tidemark.mjs': `import { main } from '../worker/main.ts'`,
    }
    expect(forbiddenImports(planted(files))).toEqual([])
  })

  test('a circle is named, and one of types only is none', () => {
    const [there, back] = ['worker/load.ts', 'worker/retire.ts']
    const circle = { [there]: `import { b } from './retire.ts'`, [back]: `export * from './load.ts'` }
    expect(circles(planted(circle))).toEqual([`${there} > ${back} > ${there}`])
    expect(circles(planted({ ...circle, [back]: `import type { A } from './load.ts'` }))).toEqual([])
  })

  test.each(['sql`now()`', "'select id from leads'", '`UPDATE leads SET x = ${1}`'])(
    '%s has three homes',
    (text) => {
      const source = `export const statement = ${text}`
      expect(strayStatements(planted({ 'worker/sync.ts': source }))).toHaveLength(1)
      expect(strayStatements(planted({ 'src/pages/due.astro': `---\n${source}\n---\n` }))).toHaveLength(1)
      expect(strayStatements(planted({ 'worker/load.ts': source, 'src/queries/due.ts': source }))).toEqual([])
    },
  )

  test.each([
    ['src/format.ts', 'export const x: any = 1', 'uses any'],
    ['src/format.ts', `export const x = process.env['HOME']`, 'reads process.env'],
    ['src/format.ts', '// @ts-expect-error later', 'silences a checker'],
    ['src/format.ts', '// TODO', 'puts something off'],
    ['src/utils.ts', '', 'is named after nothing'],
  ])('%s with %j is told that it %s', (path, text, words) => {
    expect(strayWords(planted({ [path]: text }))).toEqual([`${path} ${words}`])
  })

  test('a file over its limit is named', () => {
    const lines = (count: number) => 'x\n'.repeat(count)
    const files = {
      'worker/sync.ts': lines(81),
      'worker/load.ts': lines(301),
      'worker/retire.ts': lines(300),
    }
    expect(tooLong(planted(files))).toHaveLength(2)
    expect(medianLength(planted(files))).toBe(300)
  })
})
