import { getTableColumns, is, type Column } from 'drizzle-orm'
import { toSnakeCase } from 'drizzle-orm/casing'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import * as schema from '../../drizzle/schema/index.ts'

export type Somebody = { tenantId: string; word: string }

export const rosewood: Somebody = { tenantId: 'aaaaaaaa-0000-4000-8000-000000000001', word: 'rosewood' }
export const harbour: Somebody = { tenantId: 'bbbbbbbb-0000-4000-8000-000000000002', word: 'harbour' }

const tables = Object.values(schema).filter((part) => is(part, PgTable))

const known = tables.map((table) => {
  const { name, schema: home } = getTableConfig(table)
  const columns = getTableColumns(table) as Record<string, Column>
  return { table, name: home === undefined ? name : `${home}.${name}`, columns }
})

/** Every table of the schema that holds rows of tenants, and the column that says whose they are. */
export const tenantTables = known
  .filter(({ name, columns }) => name === 'tenants' || 'tenantId' in columns)
  .map((found) => ({ ...found, owner: found.name === 'tenants' ? 'id' : 'tenant_id' }))

/** The tables of firms, of people, and of how people sign in. */
export const peopleTables = known.filter(
  ({ name, columns }) =>
    name.startsWith('auth.') || name === 'agencies' || ('agencyId' in columns && name !== 'tenants'),
)

/**
 * Puts one row of each of them into every such table, whatever tables there are; as the superuser. Each has an agency of its own,
 * and one person, who is a member and that agency's operator.
 */
export async function seedEveryTable(
  client: pg.Client,
  people: Somebody[] = [rosewood, harbour],
): Promise<void> {
  // Parents first; of the others none refers to another.
  const first = ['agencies', 'auth.users', 'tenants', 'connections', 'sync_runs', 'opportunities']
  const order = [...peopleTables, ...tenantTables].toSorted(
    (a, b) => rank(first, a.name) - rank(first, b.name),
  )
  for (const who of people) {
    for (const { name, columns } of order) {
      const cells = Object.entries(columns).map(([key, column]) => [
        toSnakeCase(key),
        cell(column, toSnakeCase(key), who),
      ])
      const given = cells.filter(([, value]) => value !== undefined)
      // A row that a trigger made of another one is there already.
      await client.query(
        `insert into ${name} (${given.map(([column]) => `"${column as string}"`).join(', ')})
         values (${given.map((_, at) => `$${at + 1}`).join(', ')}) on conflict do nothing`,
        given.map(([, value]) => value),
      )
    }
  }
}

const rank = (first: string[], name: string) => (first.includes(name) ? first.indexOf(name) : first.length)

/** A value that fits the column and names its tenant wherever it is text; `undefined` leaves it to the default. */
function cell(column: Column, name: string, { tenantId, word }: Somebody): unknown {
  const type = column.getSQLType()
  if (column.generated !== undefined) return undefined
  // Goes with a column that stays empty: what was sealed with the key, when the run was done with it.
  if (!column.notNull && /(_key|^run)_id$/.test(name)) return undefined
  // All ids of a tenant are the same one, so every relation leads to the one row there is.
  if (type === 'uuid') return tenantId
  if (type === 'text[]') return []
  if (name === 'due_at') return '2026-11-20T15:00:00Z'
  if (column.hasDefault || (!column.notNull && type !== 'text')) return undefined
  if (column.enumValues !== undefined) return column.notNull ? column.enumValues[0] : undefined
  if (/^(error_code|deleted_because|refused_because|next_action_details)$/.test(name)) return undefined
  if (type === 'text' || type.startsWith('varchar')) return name === 'currency' ? 'USD' : word
  if (type === 'bytea') return Buffer.from(word)
  if (type === 'jsonb') return JSON.stringify({ of: word })
  if (type === 'boolean') return true
  if (type === 'date') return '2026-11-01'
  if (type.startsWith('timestamp')) return '2026-11-20T15:00:00Z'
  if (/^(integer|bigint|numeric|double precision)/.test(type)) return 1
  throw new Error(`no value for ${name} ${type}`)
}
