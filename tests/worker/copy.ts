import { expect } from 'vitest'
import type { Client, Stored } from './arrange.ts'

/** What a perfect copy of an account holds: rows by table, relations by name or their id. */
export type Copy = Record<string, Stored[]>

/** What is stored and no tombstone beside what a perfect copy holds. */
export type Copies = { stored: Copy; expected: Copy }

/** Asserts that both copies say the same, field by field. */
export function expectSame({ stored, expected }: Copies): void {
  for (const table of Object.keys(expected)) expect(stored[table], table).toEqual(expected[table])
}

/** The stored rows of the tables of `expected`, in as many columns as that has. */
export async function copiesOf(
  client: Client,
  expected: Copy,
  readable: (row: Stored, columns: string[]) => Stored,
): Promise<Copies> {
  const stored: Copy = {}
  for (const [table, rows] of Object.entries(expected)) {
    const columns = Object.keys(rows[0] ?? {})
    const live = (await client.records(table)).filter((row) => row.deleted_at === null)
    stored[table] = byId(live.map((row) => readable(row, columns)))
    byId(rows)
  }
  return { stored, expected }
}

/** Rows in one order, whichever they came in. */
export const byId = (rows: Stored[]): Stored[] =>
  rows.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0))

/** Rows without an id of their own are told apart by what they say. */
const keyOf = (row: Stored): string => JSON.stringify(row.source_id ?? row)
