import { z } from 'zod'
import type { Context, FieldFault } from '../connector.ts'
import { instant } from '../instants.ts'
import type { Mapping } from '../mapping.ts'
import { minorUnits } from '../money.ts'
import type { Named } from './fields.ts'
import type { PipedriveSettings } from './settings.ts'

/** A record as Pipedrive sends it, its custom fields named (see `withNames`). */
export type Item = Record<string, unknown>

/** An id: a number, or text when it is too large for one, or a UUID. */
export const id = z.union([z.number().int(), z.string().min(1)])
/** A text that may be empty. */
export const text = z.string().nullable()
/** A number, or its digits when JavaScript cannot hold it. */
export const amount = z.union([z.number(), z.string()]).nullable()

/** The documented keys of an item. Each must be there, be it null: a field that vanishes is a change of the CRM, not an empty value. */
export const shape = (keys: z.ZodRawShape) => z.looseObject(keys)

/** Their id of an item, as text. */
export const identify = ({ id: given }: Item): string | null =>
  typeof given === 'number' || (typeof given === 'string' && given !== '') ? String(given) : null

/** Text that says something; null when it is empty or no text. */
export const filled = (item: Item, key: string): string | null => {
  const value = item[key]
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null
}

/** Our id of the record that an item names; null when it names none. */
export function link(
  item: Item,
  key: string,
  table: Parameters<Context<PipedriveSettings>['id']>[0],
  context: Context<PipedriveSettings>,
): string | null {
  const named = item[key]
  if (typeof named !== 'number' && (typeof named !== 'string' || named === '')) return null
  return context.id(table, String(named))
}

/** Reads the values of one item and notes which of them could not be read. */
export function reader(item: Item) {
  const faults: FieldFault[] = []
  const orFault = <T>(key: string, read: T | undefined, what: string, given = item[key]): T | null => {
    if (read !== undefined) return read
    faults.push({ path: key, reason: `not ${what}: ${JSON.stringify(given ?? null).slice(0, 80)}` })
    return null
  }
  return {
    faults,
    orFault,
    /** An instant; version 1 writes it without a zone and means UTC. */
    when: (key: string) => orFault(key, instant(textOf(item[key]), 'UTC'), 'a date'),
    day: (key: string) => orFault(key, day(textOf(item[key])), 'a day'),
    money: (key: string, currency: string, given = item[key]) =>
      orFault(key, money(given, currency), `an amount of ${currency}`, given),
    /** The amount in the custom field of this name. */
    fee: (field: string | null, currency: string) =>
      orFault(
        field ?? '',
        fee(customField(item, field), currency),
        `an amount of ${currency}`,
        customField(item, field),
      ),
    share: (key: string, given = item[key]) => orFault(key, percent(given), 'a percentage', given),
    count: (key: string, given: unknown) => orFault(key, wholeNumber(given), 'a whole number', given),
  }
}

/** A value as text; empty for null, and for what is neither text nor number. */
export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : ''

function day(written: string): string | null | undefined {
  if (written === '') return null
  return /^\d{4}-\d{2}-\d{2}$/.test(written) && instant(written, 'UTC') ? written : undefined
}

/** Companies may have currencies of their own making, of which nobody knows the decimals. */
function money(value: unknown, currency: string): bigint | null | undefined {
  if (!/^[A-Z]{3}$/.test(currency)) return value === null ? null : undefined
  return minorUnits(textOf(value), currency)
}

/** `80` as `"0.8000"`. */
function percent(value: unknown): string | null | undefined {
  const written = textOf(value).replace(/\s*%$/, '')
  if (written === '') return null
  const share = /^\d{1,3}(\.\d+)?$/.test(written) ? Number(written) / 100 : Number.NaN
  return share <= 1 ? share.toFixed(4) : undefined
}

function wholeNumber(value: unknown): number | null | undefined {
  const digits = textOf(value)
  if (digits === '') return null
  return /^\d{1,9}(\.0+)?$/.test(digits) ? Number(digits) : undefined
}

/** The custom field of this name or key; null for none. */
export function customField(item: Item, nameOrKey: string | null): unknown {
  if (nameOrKey === null) return null
  const fields = (item.custom_fields ?? {}) as Record<string, Named>
  const wanted = nameOrKey.toLowerCase()
  const found = fields[nameOrKey] ?? Object.values(fields).find(({ name }) => name.toLowerCase() === wanted)
  return found?.value ?? null
}

/** A text as it is, and any other value as JSON. */
export const textValue = (value: unknown): string | null =>
  value === null ? null : typeof value === 'string' ? value : JSON.stringify(value)

/** A field of money names its own currency; there is one column for the currency of a deal, so it must be the same. */
export function fee(given: unknown, currency: string): bigint | null | undefined {
  if (typeof given !== 'object' || given === null) return money(given, currency)
  const { value, currency: own } = given as { value?: unknown; currency?: unknown }
  return own === undefined || own === null || own === currency ? money(value, currency) : undefined
}

/** How the values of mapped fields are read. */
export const reads: Mapping['reads'] = {
  market: textValue,
  units: wholeNumber,
  weightedFee: fee,
  likely: percent,
}

/** What has no column of its own: other fields that say something, and custom fields by name. One named `__proto__` is a mere field. */
export function rest(item: Item, used: readonly string[]): Item {
  const others: Item = {}
  const put = (key: string, value: unknown) =>
    Object.defineProperty(others, key, { value, enumerable: true, writable: true, configurable: true })
  for (const [key, value] of Object.entries(item))
    if (!used.includes(key) && key !== 'custom_fields' && says(value)) put(key, value)
  for (const { name, value } of Object.values((item.custom_fields ?? {}) as Record<string, Named>))
    put(name, value)
  return others
}

const says = (value: unknown): boolean =>
  value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)

/** When an item came and when it changed. */
export const stamps = ({ when }: ReturnType<typeof reader>) => ({
  sourceCreatedAt: when('add_time'),
  sourceUpdatedAt: when('update_time'),
})
