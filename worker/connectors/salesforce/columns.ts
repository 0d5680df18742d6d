import { z } from 'zod'
import { StreamError } from '../../errors.ts'
import type { Kind } from './place.ts'

/** The description of an object, as much of it as is read here: "sObject Describe" of the REST API Developer Guide (read 2026-11-20). */
const description = z.looseObject({
  name: z.string(),
  replicateable: z.boolean().optional(),
  fields: z
    .array(z.looseObject({ name: z.string(), type: z.string(), custom: z.boolean().optional() }))
    .min(1),
})

export type Description = z.infer<typeof description>

/** Reads a description. Throws `StreamError` (`E_CRM_BAD_REPLY`). */
export function readDescription(body: unknown): Description {
  const read = description.safeParse(body)
  if (read.success) return read.data
  throw new StreamError('E_CRM_BAD_REPLY', 'not the description of a Salesforce object')
}

/** Made of other fields, or of bytes: neither is a value. */
const unreadable = ['address', 'location', 'complexvalue', 'base64', 'anyType']

const numbers = ['double', 'currency', 'percent', 'int', 'long']

/** How those of these columns are written that are no text. */
export function kindsOf({ fields }: Description, columns: readonly string[]): Record<string, Kind> {
  const asked = fields.filter(({ name }) => columns.includes(name))
  return Object.fromEntries(
    asked.flatMap(({ name, type }): [string, Kind][] => {
      if (numbers.includes(type)) return [[name, 'number']]
      if (type === 'boolean') return [[name, 'boolean']]
      return type === 'datetime' ? [[name, 'instant']] : []
    }),
  )
}

/** Room for names in a query: address and headers together may have 16,384 bytes. */
const mostBytes = 8_000

/**
 * What to ask for: what has a column with us, and the org's own fields as far as they fit, all of it seen by the user. A path such
 * as `Account.Name` is asked for when the user sees the field it begins with (`via`).
 * Throws `StreamError` (`E_PERMISSION`) when the user does not see what has a column: an empty value would be taken for the truth.
 */
export function columnsOf(
  { name, fields }: Description,
  needed: readonly string[],
  wished: readonly string[],
  paths: Record<string, string> = {},
): string[] {
  const seen = new Set(fields.map((field) => field.name))
  const hidden = needed.filter((field) => !seen.has(field))
  if (hidden.length > 0)
    throw new StreamError(
      'E_PERMISSION',
      `the Salesforce user may not see ${hidden.map((field) => `${name}.${field}`).join(', ')}`,
    )
  const own = fields
    .filter(({ custom, type }) => custom === true && !unreadable.includes(type))
    .map((field) => field.name)
  const followed = Object.entries(paths).flatMap(([via, path]) => (seen.has(via) ? [path] : []))
  const columns = new Set([...needed, ...wished.filter((field) => seen.has(field)), ...followed])
  let bytes = [...columns].join('%2C+').length
  for (const field of own) {
    bytes += field.length + 4
    if (bytes <= mostBytes) columns.add(field)
  }
  // In an order of their own: what is wished for changes, and a record must not look changed by it.
  return [...columns].toSorted()
}
