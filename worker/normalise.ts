import { hash } from 'node:crypto'
import { mappableFields } from '../drizzle/schema/field-mappings.ts'
import type { FieldFault, Row, Stream, TableName } from './connectors/connector.ts'
import { longestText, repair, shortenRows } from './repair.ts'
import type { Run, StreamPass } from './run.ts'

/** One item of a page: what it is called, and a digest of everything that decides what it means. */
export type Item = {
  index: number
  value: unknown
  /** Their id; null for an item without one. */
  sourceId: string | null
  /** Our id in the stream's first table. */
  id: string
  /** Hex. Equal digests mean: nothing to do. */
  hash: string
  /** Whether it only says that the record is gone. */
  isGone: boolean
  /** Whether its text holds escapes that Postgres may not be able to store. */
  hasEscapes: boolean
  /** Whether it is long enough to hold a text that must be shortened. */
  isLong: boolean
}

export type SetAside = FieldFault & { item: Item }

/** An item understood: its rows, what had to be mended, and values that could not be read. */
export type Understood = {
  item: Item
  rows: { [Table in TableName]?: Row<Table> }
  deletedBecause: 'flag' | 'feed' | 'merge' | null
  /** Their ids that mean this record from now on. */
  standsFor: readonly string[]
  /** Their id of the record that means this one from now on. */
  mergedInto: string | null
  repairs: string | null
  faults: FieldFault[]
}

/** What reading an item needs to know of a run and of a pass. */
export type ReadingRun = Pick<Run, 'settings' | 'context'>
export type ReadingPass = Pick<StreamPass, 'stream' | 'rules'>

const mostKeys = 2_000
const mostDepth = 100
const longestSourceId = 512

/**
 * Digest of what besides the item decides its meaning: the connector's reading rules and the connection's settings. A field mapping is
 * about opportunities: what else was read stays as it is under another one.
 */
export function rulesDigest(run: ReadingRun, stream: Stream<never>): string {
  const settings = stream.tables.includes('opportunities') ? run.settings : withoutMapping(run.settings)
  return hash('sha256', JSON.stringify([stream.version, settings, run.context.currency]), 'hex')
}

/** `properties` are further ones of deals. */
const ofMapping = new Set<string>([...mappableFields, 'custom', 'properties'])

function withoutMapping(settings: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(settings).filter(([name]) => !ofMapping.has(name))
  return Object.fromEntries(
    kept.map(([name, value]) => [name, isObject(value) ? withoutMapping(value) : value]),
  )
}

/** Names the items of a page, without understanding them yet. */
export function identify(run: ReadingRun, pass: ReadingPass, items: unknown[]): Item[] {
  const [table] = pass.stream.tables
  return items.map((value, index) => {
    const json = asJson(value)
    const named = isObject(value) ? pass.stream.identify(value, run.settings) : null
    const sourceId = named !== null && isStorable(named) ? named : null
    return {
      index,
      value,
      sourceId,
      id: run.context.ownId(table, sourceId ?? ''),
      hash: hash('sha256', pass.rules + json, 'hex').slice(0, 32),
      isGone: pass.stream.isGone !== undefined && isObject(value) && pass.stream.isGone(value),
      hasEscapes: json.includes('\\u'),
      isLong: json.length > longestText,
    }
  })
}

/** The item with what was asked of it alone. Its digest stays that of what the list says. */
export function withDetail(item: Item, detail: string | null): Item {
  const json = JSON.stringify(detail)
  return {
    ...item,
    value: { ...(item.value as object), detail },
    hasEscapes: item.hasEscapes || json.includes('\\u'),
    isLong: item.isLong || json.length > longestText,
  }
}

/** Postgres refuses NUL, and a broken character would become that of another id. */
const isStorable = (id: string): boolean => !id.includes('\0') && id.isWellFormed()

/** Reads one item. Returns why it must be set aside when it cannot be stored at all. */
export function normalise(run: ReadingRun, pass: ReadingPass, item: Item): Understood | SetAside {
  const refused = refusal(item)
  if (refused !== null) return { item, ...refused }
  const mended = item.hasEscapes ? repair(item.value) : { value: item.value, repairs: [] }
  // Of a record that is gone there is only the name.
  const parsed = item.isGone ? null : pass.stream.item.safeParse(mended.value)
  if (parsed?.success === false) {
    const issue = parsed.error.issues[0]
    const path = issue?.path.join('.') ?? ''
    const isMissing = isObject(mended.value) && !(path in mended.value)
    return { item, path, reason: isMissing ? 'the field is missing' : (issue?.message ?? 'unknown shape') }
  }
  const { rows, faults, deletedBecause, standsFor, mergedInto } = pass.stream.normalise(
    mended.value as never,
    run.context,
  )
  const repairs = item.isLong ? [...mended.repairs, ...shortenRows(rows)] : mended.repairs
  // A page from before the merge may still name it.
  const isMerged = mergedInto !== undefined || run.context.aliases.has(item.id)
  return {
    item,
    rows,
    faults,
    deletedBecause: isMerged ? 'merge' : (deletedBecause ?? null),
    standsFor: standsFor?.filter((id) => id !== item.sourceId) ?? [],
    mergedInto: mergedInto ?? null,
    repairs: repairs.join('; ') || null,
  }
}

/** What no connector can be asked to read. */
function refusal({ value, sourceId }: Item): FieldFault | null {
  if (!isObject(value)) return { path: '', reason: 'not an object' }
  if (sourceId === null) return { path: '', reason: 'it has no usable id' }
  if (Buffer.byteLength(sourceId) > longestSourceId)
    return { path: '', reason: `its id is longer than ${longestSourceId} bytes` }
  const keys = Object.keys(value)
  if (keys.length > mostKeys) return { path: '', reason: `it has more than ${mostKeys} fields` }
  const tooDeep = keys.find((key) => typeof value[key] === 'object' && isDeeperThan(value[key], mostDepth))
  return tooDeep === undefined ? null : { path: tooDeep, reason: `nested more than ${mostDepth} deep` }
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1))
}

/** The item as JSON; a nesting too deep even for that is told apart by its beginning and is set aside later. */
function asJson(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    return `unprintable:${isObject(value) ? Object.keys(value).join() : typeof value}`
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
