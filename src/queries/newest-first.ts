import { sql, type AnyColumn, type SQL } from 'drizzle-orm'

/** Orders by a time, newest first, as our indexes are built: drizzle makes them `desc nulls last`, which a plain `desc` cannot walk. */
export function newestFirst(column: AnyColumn): SQL {
  return sql`${column} desc nulls last`
}
