import type { Schema } from './salesforce-schema.ts'
import type { Field, FieldType, Kept, ObjectType, Value } from './salesforce-objects.ts'

/** Version of the API that answers; every `vNN.0` in a path is taken for it. */
export const API_VERSION = '67.0'

/** A field, and for a path such as `Account.Name` what its record is asked for in turn. */
export type Selected = { name: string; field: Field; within: Selected[] | null }

/** What a list of fields selects of an object. Throws `Refusal` (`INVALID_FIELD`) for what the user may not see. */
export function select(schema: Schema, type: ObjectType, paths: readonly string[]): Selected[] {
  const groups = Map.groupBy(paths, (path) => path.split('.')[0] ?? '')
  return [...groups].map(([name, all]) => {
    const further = all.filter((path) => path.includes('.')).map((path) => path.slice(path.indexOf('.') + 1))
    if (further.length === 0) return { name, field: schema.field(type, name), within: null }
    const field = schema.relationship(type, name)
    const target = schema.object(field.referenceTo?.[0] ?? '')
    return { name, field, within: select(schema, target, further) }
  })
}

/** A record as JSON; instants as `2026-05-01T07:25:37.000+0000`, money and other fractions with a decimal point. */
export function recordJson(
  schema: Schema,
  type: ObjectType,
  kept: Kept,
  selected: readonly Selected[],
): string {
  const url = `/services/data/v${API_VERSION}/sobjects/${type.name}/${kept.id}`
  const parts = selected.map(({ name, field, within }) => {
    const value = field.read(kept, schema.org)
    return `${JSON.stringify(name)}:${within === null ? valueJson(value, field.type) : relatedJson(schema, field, value, within)}`
  })
  const json = `{"attributes":{"type":"${type.name}","url":"${url}"},${parts.join(',')}}`
  return kept.wire === null ? json : laidOver(json, kept.wire, selected)
}

function relatedJson(schema: Schema, field: Field, id: Value, within: readonly Selected[]): string {
  for (const name of id === null ? [] : (field.referenceTo ?? [])) {
    const type = schema.object(name)
    const found = schema.find(type, String(id))
    if (found !== undefined) return recordJson(schema, type, found, within)
  }
  return 'null'
}

function valueJson(value: Value, type: FieldType): string {
  if (type === 'datetime' && typeof value === 'number') return `"${instant(value, '+0000')}"`
  const hasFraction = ['currency', 'double', 'percent'].includes(type)
  return hasFraction && Number.isInteger(value) ? `${value}.0` : JSON.stringify(value)
}

function instant(seconds: number, zone: '+0000' | 'Z'): string {
  return new Date(seconds * 1_000).toISOString().replace('Z', zone)
}

/** Raw fields of a test; `undefined` and fields that were not asked for leave no trace. */
function laidOver(json: string, wire: Record<string, unknown>, selected: readonly Selected[]): string {
  const asked = Object.entries(wire).filter(([key]) => selected.some(({ name }) => name === key))
  return JSON.stringify({ ...(JSON.parse(json) as object), ...Object.fromEntries(asked) })
}

/** A record as a line of CSV (RFC 4180); empty for null. */
export function recordCsv(schema: Schema, kept: Kept, selected: readonly Selected[]): string {
  return selected
    .map(({ field, within }) => {
      const value = field.read(kept, schema.org)
      if (within !== null) return relatedCsv(schema, field, value, within)
      if (value === null) return '""'
      const text = field.type === 'datetime' ? instant(Number(value), 'Z') : String(value)
      return `"${text.replaceAll('"', '""')}"`
    })
    .join(',')
}

function relatedCsv(schema: Schema, field: Field, id: Value, within: readonly Selected[]): string {
  for (const name of id === null ? [] : (field.referenceTo ?? [])) {
    const found = schema.find(schema.object(name), String(id))
    if (found !== undefined) return recordCsv(schema, found, within)
  }
  return within.map(() => '""').join(',')
}
