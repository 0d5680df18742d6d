import type { Page } from '../connector.ts'
import type { Known } from './chain.ts'
import type { Row } from './envelope.ts'

// Definitions of fields (version 2): https://developers.pipedrive.com/docs/api/v1/DealFields (read 2026-11-21). A custom field is
// called by 40 hex digits in records; an enum holds the id of an option, a set the ids of several.

/** A field as records need it: its name, and the labels of its options by their ids. */
type Field = { name: string; labels?: Record<string, string> }

/** The marketing channels stand among the fields of deals. */
const channel = 'channel'

/** Remembers custom fields, and the channels, from a page of definitions. */
export function learnFields(known: Known, rows: Row[]): Known {
  const learned: Known = { ...known }
  const names = new Set(Object.values(learned).map((field) => (field as Field).name))
  for (const { field_code: code, field_name: given, options, is_custom_field: isCustom } of rows) {
    if (typeof code !== 'string' || typeof given !== 'string') continue
    if (isCustom !== true && code !== channel) continue
    const name = names.has(given) ? `${given} (${code.slice(0, 8)})` : given
    names.add(name)
    learned[code] = { name, ...(Array.isArray(options) && { labels: labelsOf(options) }) } satisfies Field
  }
  return learned
}

const labelsOf = (options: Row[]): Record<string, string> =>
  Object.fromEntries(options.map(({ id, label }) => [String(id), String(label)]))

/** Which of these fields of deals, by name or key, and of the channels, are defined. */
export function fieldsDefined(known: Known, mapped: readonly string[]): NonNullable<Page['fields']> {
  const names = new Set(Object.values(known).map((field) => (field as Field).name.toLowerCase()))
  const isDefined = (name: string) => Object.hasOwn(known, name) || names.has(name.toLowerCase())
  const wished = [channel, ...mapped]
  const named = (given: string[]) => given.map((name) => `deals.${name}`)
  return {
    seen: named(wished.filter(isDefined)),
    unseen: named(wished.filter((name) => !isDefined(name))),
  }
}

/** A custom field's value under the name that people know it by. */
export type Named = { name: string; value: unknown }

/** A record with its custom fields named and its channel spelled out. Fields and channels that were never defined keep their code as a name. */
export function withNames(custom: (row: Row) => Row): (row: Row, known: Known) => Row[] {
  return (row, known) => {
    const named: Record<string, Named> = {}
    for (const [code, value] of Object.entries(custom(row))) {
      if (value === null || value === '') continue
      const [, key = code, part] = /^([0-9a-f]{40})_(.+)$/.exec(code) ?? []
      const field = known[key] as Field | undefined
      const name = field?.name ?? key
      named[code] = { name: part === undefined ? name : `${name} ${part}`, value: readable(value, field) }
    }
    const source = readable(row.channel, known[channel] as Field | undefined)
    const spelled = typeof source === 'number' ? String(source) : source
    return [{ ...row, custom_fields: named, ...(channel in row && { channel: spelled ?? null }) }]
  }
}

function readable(value: unknown, field: Field | undefined): unknown {
  const labels = field?.labels
  if (labels === undefined) return value
  if (Array.isArray(value)) return value.map((id) => labels[String(id)] ?? id)
  return labels[String(value)] ?? value
}

/** Version 2 keeps custom fields together. */
export const together = ({ custom_fields: fields }: Row): Row =>
  typeof fields === 'object' && fields !== null ? (fields as Row) : {}

const codeForm = /^[0-9a-f]{40}(_.+)?$/

/** Version 1 lays them among the others. */
export const flat = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([key]) => codeForm.test(key)))

/** The fields that a page of definitions lists as marketing channels. */
export function channelsOf(row: Row): unknown[] {
  return row.field_code === channel && Array.isArray(row.options) ? row.options : []
}
