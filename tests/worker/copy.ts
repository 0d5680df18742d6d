import type { Stored } from './arrange.ts'

/** What a perfect copy of an account holds: rows by table, relations by name or their id. */
export type Copy = Record<string, Stored[]>

/** Rows in one order, whichever they came in. */
export const byId = (rows: Stored[]): Stored[] =>
  rows.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0))

/** Rows without an id of their own are told apart by what they say. */
const keyOf = (row: Stored): string => JSON.stringify(row.source_id ?? row)
