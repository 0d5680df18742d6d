import { z } from 'zod'
import type { Context, FieldFault, TableName } from '../connector.ts'
import { instant } from '../instants.ts'
import type { Mapping } from '../mapping.ts'
import { minorUnits } from '../money.ts'
import type { Item } from './chain.ts'
import type { SalesforceSettings as Settings } from './settings.ts'

/** A text, which is null when it is empty. */
export const text = z.string().nullable()
/** A number, or its digits when JavaScript cannot hold it. */
export const amount = z.union([z.number(), z.string()]).nullable()

/**
 * The documented keys of a record. Each must be there, be it null: a field that vanishes is a change of the org, not an empty value.
 * A record that was deleted need only say so.
 */
export const shape = (keys: z.ZodRawShape): z.ZodType => shapes({}, keys)

/** As `shape`, for records of several objects, by the name of each. */
export function shapes(byObject: Record<string, z.ZodRawShape>, otherwise: z.ZodRawShape = {}): z.ZodType {
  const known = new Map(Object.entries(byObject).map(([name, keys]) => [name, whole(keys)]))
  const rest = whole(otherwise)
  return z.looseObject({ Id: z.string() }).superRefine((item, context) => {
    if (isGone(item)) return
    for (const issue of (known.get(objectOf(item)) ?? rest).safeParse(item).error?.issues ?? [])
      context.addIssue({ code: 'custom', path: issue.path, message: issue.message })
  })
}

const whole = (keys: z.ZodRawShape) => z.looseObject({ SystemModstamp: z.string(), ...keys })

/** Which object a record is of, as every record says. */
export function objectOf({ attributes }: Item): string {
  const { type } = (attributes ?? {}) as { type?: unknown }
  return typeof type === 'string' ? type : ''
}

export const identify = ({ Id }: Item): string | null =>
  typeof Id === 'string' && Id !== '' ? longId(Id) : null

/** Deleted records are listed for 15 days, whether we ever had them or not. */
export const isGone = ({ IsDeleted }: Item): boolean => IsDeleted === true

const checks = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/** An id of 18 characters: some places give the 15 that matter by case, which other systems would take for each other. */
export function longId(id: string): string {
  if (id.length !== 15) return id
  const bits = (five: string) =>
    [0, 1, 2, 3, 4].reduce((sum, at) => sum + (/[A-Z]/.test(five.charAt(at)) ? 1 << at : 0), 0)
  return id + [0, 5, 10].map((from) => checks[bits(id.slice(from, from + 5))]).join('')
}

/** Text that says something; null when it is empty or no text. */
export function filled(item: Item, key: string): string | null {
  const value = item[key]
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null
}

/** What another record says, as `Account.Name`. */
export function through(item: Item, relation: string, key: string): string | null {
  const other = item[relation]
  return typeof other === 'object' && other !== null ? filled(other as Item, key) : null
}

/** Our id of the record that an item names; null when it names none, or one of another kind. */
export function link(
  item: Item,
  key: string,
  table: TableName,
  context: Context<Settings>,
  ...prefixes: string[]
): string | null {
  const named = filled(item, key)
  if (named === null || (prefixes.length > 0 && !prefixes.some((prefix) => named.startsWith(prefix))))
    return null
  return context.id(table, longId(named))
}

/** Reads the values of one item and notes which of them could not be read. */
export function reader(item: Item) {
  const faults: FieldFault[] = []
  const orFault = <T>(key: string, read: T | undefined, what: string): T | null => {
    if (read !== undefined) return read
    faults.push({ path: key, reason: `not ${what}: ${JSON.stringify(item[key] ?? null).slice(0, 80)}` })
    return null
  }
  return {
    faults,
    /** An instant such as `2026-05-01T07:25:37.000+0000`. */
    when: (key: string) => orFault(key, instant(textOf(item[key]), 'UTC'), 'an instant'),
    day: (key: string) => orFault(key, day(textOf(item[key])), 'a day'),
    /** The beginning of a day in a zone. */
    dayIn: (key: string, zone: string) =>
      orFault(
        key,
        day(textOf(item[key])) === undefined ? undefined : instant(textOf(item[key]), zone),
        'a day',
      ),
    money: (key: string, currency: string) =>
      orFault(key, minorUnits(textOf(item[key]), currency), `an amount of ${currency}`),
    share: (key: string) => orFault(key, percent(textOf(item[key])), 'a percentage'),
    count: (key: string) => orFault(key, wholeNumber(textOf(item[key])), 'a whole number'),
  }
}

/** A value as text; empty for null, and for what is neither text nor number. */
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : ''

function day(written: string): string | null | undefined {
  if (written === '') return null
  return /^\d{4}-\d{2}-\d{2}$/.test(written) && instant(written, 'UTC') ? written : undefined
}

/** `80` as `"0.8000"`. */
function percent(written: string): string | null | undefined {
  if (written === '') return null
  const share = /^\d{1,3}(\.\d+)?$/.test(written) ? Number(written) / 100 : Number.NaN
  return share <= 1 ? share.toFixed(4) : undefined
}

function wholeNumber(written: string): number | null | undefined {
  if (written === '') return null
  return /^\d{1,9}(\.0+)?$/.test(written) ? Math.trunc(Number(written)) : undefined
}

/** How the values of mapped fields are read. */
export const reads: Mapping['reads'] = {
  market: (given) => filled({ given }, 'given'),
  units: (given) => wholeNumber(textOf(given)),
  weightedFee: (given, currency) => minorUnits(textOf(given), currency),
  likely: (given) => percent(textOf(given)),
}

/** What has no column of its own and says something. A field named `__proto__` is a mere field. */
export function rest(item: Item, used: readonly string[]): Item {
  const others: Item = {}
  for (const [key, value] of Object.entries(item)) {
    if (value === null || value === '' || always.includes(key) || used.includes(key)) continue
    Object.defineProperty(others, key, { value, enumerable: true, writable: true, configurable: true })
  }
  return others
}

const always = ['attributes', 'Id', 'IsDeleted', 'CreatedDate', 'SystemModstamp', 'OwnerId', 'MasterRecordId']

/** When a record came and when it changed. */
export const stamps = ({ when }: ReturnType<typeof reader>) => ({
  sourceCreatedAt: when('CreatedDate'),
  sourceUpdatedAt: when('SystemModstamp'),
})

/** The currency that a record's amounts are in: its own in an org with several, else the org's only one. */
export const currencyOf = (item: Item, { settings, currency }: Context<Settings>): string =>
  filled(item, 'CurrencyIsoCode') ?? settings.currency ?? currency
