import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import type pg from 'pg'
import { openPool, type PoolOptions } from './db.ts'
import * as schema from './schema/identity.ts'

/** The people and their ways to sign in, under the role that reaches nothing else. */
export type IdentityDatabase = {
  db: NodePgDatabase<typeof schema>
  pool: pg.Pool
  /** Fails with the reason when the database does not answer. */
  reach: () => Promise<void>
  close: () => Promise<void>
}

/** Opens the pool of the sign-in library. Tenants play no part in it, so no transaction has to name one. */
export function connectIdentity(
  options: Pick<PoolOptions, 'url' | 'max' | 'statementTimeoutMs' | 'onError'>,
): IdentityDatabase {
  const pool = openPool({ ...options, role: 'tidemark_auth' })
  return {
    db: drizzle({ client: pool, schema, casing: 'snake_case' }),
    pool,
    reach: async () => void (await pool.query('select 1')),
    close: () => pool.end(),
  }
}
