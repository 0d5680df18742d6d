import { z } from 'zod'
import type { Context, FieldFault } from '../connector.ts'
import { instant } from '../instants.ts'
import type { Mapping } from '../mapping.ts'
import { minorUnits } from '../money.ts'
import { share, wholeNumber, percent } from '../numbers.ts'
import type { Item } from './objects.ts'
import type { HubSpotSettings as HS } from './settings.ts'

const text = z.string().nullable()

/**
 * The shape of a record with these properties. Each must be there, be it null: HubSpot leaves one out only when the account has
 * none of that name, and then it vanished.
 */
export const shape = (...properties: readonly string[]) =>
  z.looseObject({
    id: z.string().regex(/^\d{1,30}$/),
    properties: z.looseObject(Object.fromEntries(properties.map((name) => [name, text]))),
  })

/** A property as text, trimmed; empty for null and for one that the account has not. */
export function value({ properties }: Item, name: string): string {
  const raw = properties[name]
  return typeof raw === 'string' ? raw.trim() : ''
}

/** A property, null when it is empty. */
export const filled = (item: Item, name: string): string | null => value(item, name) || null

/** Reads the values of one record and notes which of them could not be read. */
export function reader(item: Item, { currency }: { currency: string }) {
  const faults: FieldFault[] = []
  const orFault = <T>(name: string, read: T | undefined, what: string): T | null => {
    if (read !== undefined) return read
    const held = JSON.stringify(item.properties[name]) ?? 'nothing'
    faults.push({ path: `properties.${name}`, reason: `not ${what}: ${held.slice(0, 80)}` })
    return null
  }
  /** A property that somebody mapped and that the account has not (any more) is missing, not empty. */
  const mapped = (name: string | null): string => {
    if (name === null) return ''
    if (!Object.hasOwn(item.properties, name))
      faults.push({ path: `properties.${name}`, reason: 'the field is missing' })
    return value(item, name)
  }
  return {
    faults,
    mapped: (name: string | null) => mapped(name) || null,
    when: (name: string) => orFault(name, instant(value(item, name), 'UTC'), 'a date'),
    amount: (name: string) => orFault(name, minorUnits(value(item, name), currency), 'an amount'),
    share: (name: string) => orFault(name, share(value(item, name)), 'a share'),
    mappedAmount: (name: string | null) =>
      orFault(name ?? '', minorUnits(mapped(name), currency), 'an amount'),
    mappedCount: (name: string | null) => orFault(name ?? '', wholeNumber(mapped(name)), 'a whole number'),
    mappedPercent: (name: string | null) => orFault(name ?? '', percent(mapped(name)), 'a percentage'),
  }
}

/** How the values of mapped properties are read. */
export const reads: Mapping['reads'] = {
  market: (given) => trimmed(given) || null,
  units: (given) => wholeNumber(trimmed(given)),
  weightedFee: (given, currency) => minorUnits(trimmed(given), currency),
  likely: (given) => percent(trimmed(given)),
}

const trimmed = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')

/** What has no column of its own: properties that were not read, links beyond the first, and keys that nobody knows. */
export function rest(item: Item, used: ReadonlySet<string>): Record<string, unknown> {
  const { type: _, id: __, properties, links, account: ___, ...unknown } = item
  const others = Object.entries(properties).filter(([name, held]) => held !== null && !used.has(name))
  const further = Object.entries(links).filter(([, ids]) => ids.length > 1)
  return { ...unknown, ...Object.fromEntries(others), ...Object.fromEntries(further) }
}

/** Our id of the first linked record of a type: the oldest, whatever order they come in. */
export function linkedId(
  item: Item,
  type: string,
  table: 'contacts' | 'opportunities',
  context: Context<HS>,
): string | null {
  const [first] = item.links[type] ?? []
  return first === undefined ? null : context.id(table, first)
}

/** Our id of the user a record belongs to. */
export function ownerId(item: Item, context: Context<HS>): string | null {
  const owner = value(item, 'hubspot_owner_id')
  return owner === '' ? null : context.id('owners', owner)
}

/** When a record was made, by either name of the property, and changed. */
export const stamps = (
  { when }: Pick<ReturnType<typeof reader>, 'when'>,
  created: 'createdate' | 'hs_createdate',
  changed: 'lastmodifieddate' | 'hs_lastmodifieddate',
) => ({ sourceCreatedAt: when(created), sourceUpdatedAt: when(changed) })

/** The ids that a merge put into a record; `hs_calculated_merged_vids` misses those of earlier merges, this list does not need them. */
export const mergedIds = (item: Item): string[] =>
  value(item, 'hs_merged_object_ids')
    .split(';')
    .filter((id) => /^\d+$/.test(id))

/** Names of stages and pipelines are only unique within their kind of record. */
export const pipelineKey = (type: string, pipeline: string): string => `${type}/${pipeline}`
export const stageKey = (type: string, pipeline: string, stage: string): string =>
  `${type}/${pipeline}/${stage}`
