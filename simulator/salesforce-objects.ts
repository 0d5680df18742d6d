import type { Org } from './salesforce-org.ts'
import { salesforceId, type IdKind } from './salesforce-ids.ts'

/** A value before it is written: instants in seconds since 1970, dates as `YYYY-MM-DD`. */
export type Value = string | number | boolean | null

export type FieldType =
  | 'id'
  | 'reference'
  | 'string'
  | 'textarea'
  | 'base64'
  | 'boolean'
  | 'currency'
  | 'double'
  | 'percent'
  | 'int'
  | 'date'
  | 'datetime'
  | 'picklist'
  | 'email'
  | 'phone'

export type Field = {
  name: string
  type: FieldType
  read: (kept: Kept, org: Org) => Value
  /** What a path goes on by, as `Owner` in `Owner.Name`. */
  relationshipName?: string
  referenceTo?: readonly string[]
  isCalculated?: boolean
  /** Whether this org has the field at all. */
  isThere?: (org: Org) => boolean
  /** Of a picklist. */
  values?: (org: Org) => string[]
}

/** One record, whether it is listed or not. `of` is what its fields are read from. */
export type Kept = {
  id: string
  createdAt: number
  /** Its `SystemModstamp`, in seconds. */
  stamp: number
  /** It is not shown before, whatever its stamps say. */
  visibleAt: number
  removedAt: number
  isPurged: boolean
  /** When it leaves ordinary queries for age, in seconds; never for most objects. */
  archivedAt: number
  of: unknown
  /** Raw fields laid over by a test. */
  wire: Record<string, unknown> | null
}

/** An object: its fields, its records, and the lists of the world that decide when they have to be looked at again. */
export type ObjectType = {
  name: string
  keyPrefix: string | null
  fields: readonly Field[]
  follows: readonly string[]
  keep: (org: Org) => Kept[]
  /** A query must name what it is about (`ContentDocumentLink`). */
  needsFilterOn?: readonly string[]
  /** Whether deletions are replicated by `/deleted`. */
  isReplicateable?: boolean
}

/** Writes an object down with the types of its facts. */
export function object<T>({
  fields,
  keep,
  ...rest
}: Omit<ObjectType, 'fields' | 'keep'> & {
  fields: readonly Definition<T>[]
  keep: (org: Org) => KeptOf<T>[]
}): ObjectType {
  const own = fields.map(([name, type, read, more = {}]): Field => {
    return { name, type, read: (kept, org) => read(kept.of as T, org), ...more }
  })
  return { isReplicateable: true, ...rest, fields: [...systemFields, ...own], keep }
}

/** Name, type, where the value comes from, and what else there is to say. */
export type Definition<T> = [
  name: string,
  type: FieldType,
  read: (of: T, org: Org) => Value,
  more?: Partial<Field>,
]

export type KeptOf<T> = Kept & { of: T }

const systemFields: Field[] = [
  { name: 'Id', type: 'id', read: ({ id }) => id },
  { name: 'IsDeleted', type: 'boolean', read: ({ removedAt }) => removedAt > 0 },
  { name: 'CreatedDate', type: 'datetime', read: ({ createdAt }) => createdAt },
  { name: 'LastModifiedDate', type: 'datetime', read: ({ stamp }) => stamp },
  { name: 'SystemModstamp', type: 'datetime', read: ({ stamp }) => stamp },
]

/** A record that is there from `createdAt` on and has been changed at `stamp` last. */
export function kept<T>(id: string, createdAt: number, stamp: number, of: T): KeptOf<T> {
  const still = { visibleAt: 0, removedAt: 0, isPurged: false, archivedAt: Infinity, wire: null }
  return { id, createdAt, stamp, ...still, of }
}

/** A field that refers to a record; a path goes on by `relationshipName`. */
export const refersTo = (relationshipName: string, ...referenceTo: string[]): Partial<Field> => ({
  relationshipName,
  referenceTo,
})

/** The id of a record, null for none. */
export const idOf = (kind: IdKind, n: number | null): string | null =>
  n === null ? null : salesforceId(kind, n)

/** The user who has a record. */
export const ownerField: Definition<{ ownerId: number }> = [
  'OwnerId',
  'reference',
  ({ ownerId }) => salesforceId('User', ownerId),
  refersTo('Owner', 'User', 'Group'),
]

/** In orgs with several currencies every amount's record says which is its own. */
export const currencyField: Definition<{ id: number }> = [
  'CurrencyIsoCode',
  'picklist',
  ({ id }, org) => org.currencyOf(id),
  {
    isThere: ({ options }) => options.currencies !== undefined,
    values: ({ options }) => options.currencies ?? [],
  },
]

/** The day of an instant in UTC, as dates are written. */
export const day = (seconds: number): string => new Date(seconds * 1_000).toISOString().slice(0, 10)
