import { sql, type SQL } from 'drizzle-orm'

/** A further field of one connection's deals, under the name that the tenant gave it. */
export type Further = { connectionId: string; name: string }

/**
 * The further fields of the opportunity `o` by their names, as JSON; a field of the same name that was not chosen, of another
 * connection's, is none.
 */
export function furtherValues(further: readonly Further[]): SQL {
  if (further.length === 0) return sql`null::jsonb`
  return sql`(
    select jsonb_object_agg(f.name, o.custom -> f.name)
    from unnest(${sql.param(further.map(({ connectionId }) => connectionId))}::uuid[], ${sql.param(further.map(({ name }) => name))}::text[]) as f (connection_id, name)
    where f.connection_id = o.connection_id and o.custom -> f.name is not null)`
}
