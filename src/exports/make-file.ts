import type { Basis, ConnectionNow } from '../domain/freshness.ts'
import type { Tx } from '../../drizzle/db.ts'
import type { Further } from '../queries/further-fields.ts'
import { byteOrderMark, csvLines, csvRow, defused } from './csv.ts'
import type { ExportRow, ExportScope, ExportTable } from './export-table.ts'
import { Packed } from './packed.ts'
import { stampOf } from './stamp.ts'
import { mostRowsInWorkbook, workbook } from './xlsx.ts'

export const formats = {
  csv: 'text/csv; charset=utf-8; header=present',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const
export type Format = keyof typeof formats

export type Request = {
  search: URLSearchParams
  workspace: { id: string; name: string; timeZone: string; currency: string }
  connections: readonly ConnectionNow[]
  basis: Basis
  now: Date
  /** Whoever takes it away, as owners in the CRM. */
  mine: readonly string[]
  /** The fields of deals to which the workspace gave names of its own. */
  further: readonly Further[]
}

export type File = { count: number; filters: string[]; content: Packed | Buffer }

/** A table as a file, of one moment. Undefined when a workbook could not hold all of it. */
export async function makeFile(
  tx: Tx,
  table: ExportTable,
  format: Format,
  request: Request,
): Promise<File | undefined> {
  return format === 'csv' ? makeCsv(tx, table, request) : makeWorkbook(tx, table, request)
}

/** The stamp stands below the rows, after an empty line: the first line stays the headings. */
async function makeCsv(tx: Tx, table: ExportTable, request: Request): Promise<File> {
  const content = new Packed()
  await content.add(byteOrderMark + csvLines([table.headings(scopeOf(request)).map(defused)]))
  let count = 0
  for await (const rows of rowsOf(tx, table, request)) {
    count += rows.length
    await content.add(csvLines(rows.map(csvRow)))
  }
  const { lines, filters } = await stamped(tx, table, request, count)
  await content.add(`\r\n${csvLines(lines.map(([name, value]) => [defused(name), defused(value)]))}`)
  await content.end()
  return { count, filters, content }
}

async function makeWorkbook(tx: Tx, table: ExportTable, request: Request): Promise<File | undefined> {
  const all: ExportRow[] = []
  for await (const rows of rowsOf(tx, table, request)) {
    all.push(...rows)
    if (all.length > mostRowsInWorkbook) return undefined
  }
  const { lines, filters } = await stamped(tx, table, request, all.length)
  const { timeZone } = request.workspace
  const content = await workbook({
    sheet: table.heading,
    headings: table.headings(scopeOf(request)),
    rows: all,
    stamp: lines,
    timeZone,
  })
  return { count: all.length, filters, content }
}

function rowsOf(tx: Tx, table: ExportTable, request: Request) {
  return table.cells(tx, scopeOf(request), request.search)
}

function scopeOf({ workspace, connections, basis, now, mine, further }: Request): ExportScope {
  const { id, currency, timeZone } = workspace
  const { connectionIds } = basis
  return { tenantId: id, connectionIds, basis, connections, currency, timeZone, now, mine, further }
}

async function stamped(tx: Tx, table: ExportTable, request: Request, count: number) {
  const { heading, streams } = table
  const filters = await table.filters(request.search, scopeOf(request), tx)
  return { filters, lines: stampOf({ ...request, heading, streams, count, filters }) }
}
