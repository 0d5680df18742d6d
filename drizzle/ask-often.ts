import { hash } from 'node:crypto'
import { sql, type SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import pg from 'pg'
import type { Tx } from './db.ts'

const dialect = new PgDialect({ casing: 'snake_case' })
/** The names of statements by their text. So many are kept: each costs every connection the memory of its plan. */
const names = new Map<string, string>()
const mostNames = 200
/** Types of `pg_type` that hold dates and instants. */
const times = new Set<number>([pg.types.builtins.DATE, pg.types.builtins.TIMESTAMPTZ])
/** Instants stay text: whoever needs one makes it exactly. */
const timesAsText: pg.CustomTypesConfig = {
  getTypeParser: (type, format) =>
    times.has(type)
      ? (value: string) => value
      : (pg.types.getTypeParser(type, format) as (text: string) => unknown),
}

/**
 * The rows of a statement that pages ask again and again, under a name by which Postgres knows its plan: to plan one of a page's
 * takes it longer than to answer it. Dates and instants come as text, exact to the microsecond.
 */
export async function askOften<Row extends Record<string, unknown>>(tx: Tx, statement: SQL): Promise<Row[]> {
  const { sql: text, params } = dialect.sqlToQuery(statement)
  const name = nameOf(text)
  const { rows } = await tx.$client.query<Row>({
    ...(name !== undefined && { name }),
    text,
    values: params,
    types: timesAsText,
  } as pg.QueryConfig)
  return rows
}

function nameOf(text: string): string | undefined {
  const known = names.get(text)
  if (known !== undefined || names.size >= mostNames) return known
  const name = hash('sha256', text, 'base64url').slice(0, 40)
  names.set(text, name)
  return name
}

/** `limit 51`, written out: of a number that it learns later Postgres expects a tenth of all rows, and plans for them. */
export const atMost = (rows: number): SQL => sql.raw(`limit ${Math.trunc(rows)}`)
