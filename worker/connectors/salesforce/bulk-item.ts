import type { Item } from './chain.ts'
import type { Kind } from './place.ts'

/**
 * A line of CSV as the record that the list would give: empty is null, numbers, booleans and instants are written as there, and a
 * path is a record within the record. So whichever road a record took, it is the same to whoever compares it.
 */
export function itemOf(
  object: string,
  names: readonly string[],
  values: readonly string[],
  kinds: Record<string, Kind>,
): Item {
  const item: Item = { attributes: { type: object } }
  for (const [at, name] of names.entries()) {
    const value = meant(values[at] ?? '', kinds[name])
    const [relation = '', field] = name.split('.')
    if (field === undefined) item[name] = value
    else item[relation] = value === null ? null : { [field]: value }
  }
  return item
}

function meant(text: string, kind: Kind | undefined): unknown {
  if (text === '') return null
  if (kind === 'boolean') return text === 'true'
  if (kind === 'instant') return text.replace(/Z$/, '+0000')
  if (kind !== 'number') return text
  const digits = text.replaceAll(/\D/g, '').length
  return digits <= 15 || String(Number(text)) === text ? Number(text) : text
}

/** A record of the list without the addresses in it, which the other road does not have, and in the order of the columns. */
export function plain(record: Item): Item {
  const { attributes, ...fields } = record
  const { type } = (attributes ?? {}) as { type?: unknown }
  const item: Item = { attributes: { type } }
  for (const name of Object.keys(fields).sort()) {
    const value = fields[name]
    item[name] = isRecord(value) ? within(value) : value
  }
  return item
}

const isRecord = (value: unknown): value is Item =>
  typeof value === 'object' && value !== null && 'attributes' in value

/** Null where nothing of the other record is known. */
function within(record: Item): Item | null {
  const { attributes: _, ...fields } = record
  return Object.values(fields).every((value) => value === null) ? null : fields
}
