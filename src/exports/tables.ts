import { dueExport } from './due.ts'
import type { ExportTable } from './export-table.ts'
import { hotListExport } from './hot-list.ts'
import { leadsExport } from './leads.ts'
import { notesExport } from './notes.ts'
import { pipelineExport } from './pipeline.ts'
import { scheduleExport } from './schedule.ts'

/** Every table that can be taken away. */
export const exportTables: readonly ExportTable[] = [
  dueExport,
  leadsExport,
  pipelineExport,
  hotListExport,
  notesExport,
  scheduleExport,
]

export function findTable(name: string | undefined): ExportTable | undefined {
  return exportTables.find((table) => table.name === name)
}
