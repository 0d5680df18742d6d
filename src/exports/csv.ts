import { stringify } from 'csv-stringify/sync'
import { decimal } from './decimal.ts'
import type { Cell, ExportRow } from './export-table.ts'

/** Says to spreadsheets that UTF-8 follows. */
export const byteOrderMark = '﻿'

/** Lines of RFC 4180. What a spreadsheet could take for a formula begins with an apostrophe and so is text. */
export function csvLines(rows: readonly (readonly string[])[]): string {
  return stringify(rows as string[][], { record_delimiter: '\r\n', quoted_string: true })
}

/** A row as text: numbers as digits, shares as percent, money in major units, days and instants in ISO 8601 (instants in UTC). */
export function csvRow(row: ExportRow): string[] {
  return row.map((cell) =>
    cell.value === null ? '' : cell.type === 'text' ? defused(cell.value) : textOf(cell),
  )
}

/** Everything that some spreadsheet begins a formula with, also after spaces and in the wide forms of East Asia. */
export function defused(text: string): string {
  return /^(\s*[=+\-@＝＋－＠]|[\t\r\n])/.test(text) ? `'${text}` : text
}

function textOf(cell: Exclude<Cell, { type: 'text' }>): string {
  if (cell.value === null) return ''
  if (cell.type === 'money') return decimal(cell.value, cell.currency)
  if (cell.type === 'instant') return cell.value.toISOString()
  if (cell.type === 'share') return String(Number((cell.value * 100).toFixed(2)))
  return String(cell.value)
}
