import type { Tx } from '../../drizzle/db.ts'
import type { Basis, ConnectionNow } from '../domain/freshness.ts'
import { valueWords } from '../domain/further-fields.ts'
import type { Further } from '../queries/further-fields.ts'

/** What a row gives to a column. Money is in minor units beside its currency; a share is 0 to 1. */
export type Cell =
  | { type: 'text'; value: string | null }
  | { type: 'number'; value: number | null }
  | { type: 'share'; value: number | null }
  | { type: 'money'; value: bigint | null; currency: string }
  | { type: 'day'; value: string | null }
  | { type: 'instant'; value: Date | null }

type ExportColumn<Row> = { key: string; heading: string; cell: (row: Row) => Cell }

/** What an export stands on; the same as the page of its table. */
export type ExportScope = {
  tenantId: string
  /** The connections that can answer, and how far they are. */
  connectionIds: string[]
  basis: Basis
  /** All there are, for what stands on further streams. */
  connections: readonly ConnectionNow[]
  currency: string
  timeZone: string
  now: Date
  /** Whoever takes it away, as owners in the CRM. */
  mine: readonly string[]
  /** The fields of deals to which the workspace gave names of its own. */
  further: readonly Further[]
}

export type ExportRow = Cell[]

type Definition<Row> = {
  /** The word in its address. */
  name: string
  heading: string
  /** A connection answers when it has completed these. */
  streams: readonly string[]
  columns: readonly ExportColumn<Row>[]
  /** The further fields of a row's deal, for tables that end with a column for each. */
  furtherOf?: (row: Row) => Record<string, unknown> | null
  /** All rows that the address asks for, in its order, as of one moment; read as the page of the table reads them. */
  rows: (tx: Tx, scope: ExportScope, search: URLSearchParams) => AsyncIterable<Row[]>
  /** The filters of the address, in words. */
  filters: (search: URLSearchParams, scope: ExportScope, tx: Tx) => string[] | Promise<string[]>
}

/** A table that can be taken away. */
export type ExportTable = Pick<Definition<never>, 'name' | 'heading' | 'streams' | 'filters'> & {
  headings: (scope: ExportScope) => string[]
  cells: (tx: Tx, scope: ExportScope, search: URLSearchParams) => AsyncIterable<ExportRow[]>
}

/** Says a table's columns once, and keeps the type of its rows to itself. */
export function exportTable<Row>({ columns, furtherOf, rows, ...table }: Definition<Row>): ExportTable {
  const own = columns.map(({ heading }) => heading)
  const furtherNames = ({ further }: ExportScope) =>
    furtherOf === undefined ? [] : [...new Set(further.map(({ name }) => name))].toSorted()
  return {
    ...table,
    // Two columns of one name would be taken for each other by whoever reads the file with a program.
    headings: (scope) => [
      ...own,
      ...furtherNames(scope).map((name) => (own.includes(name) ? `${name} (CRM field)` : name)),
    ],
    cells: async function* (tx, scope, search) {
      const names = furtherNames(scope)
      for await (const some of rows(tx, scope, search))
        yield some.map((row) => {
          const further = furtherOf?.(row) ?? {}
          return [
            ...columns.map(({ cell }) => cell(row)),
            ...names.map((name) => text(Object.hasOwn(further, name) ? valueWords(further[name]) : null)),
          ]
        })
    },
  }
}

export const text = (value: string | null): Cell => ({ type: 'text', value })
export const number = (value: number | null): Cell => ({ type: 'number', value })
export const share = (value: number | null): Cell => ({ type: 'share', value })
export const money = (value: bigint | null, currency: string): Cell => ({ type: 'money', value, currency })
export const day = (value: string | null): Cell => ({ type: 'day', value })
export const instant = (value: Date | null): Cell => ({ type: 'instant', value })
