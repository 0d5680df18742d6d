import { scrubber } from '../redact.ts'
import type { Report } from './report.ts'

/** One JSON object per fact and line, names in snake_case as in the HTTP interface. */
export function jsonReport(write: (line: string) => void): Report {
  const { value } = scrubber()
  const tell = (line: Record<string, unknown>) => write(JSON.stringify(value(snakeCase(line))))
  const about = ({ tenant, name }: { tenant: string; name: string }, runId: string | null) => ({
    at: new Date().toISOString(),
    tenant,
    connection: name,
    run: runId,
  })
  return {
    heard: (connection, runId, fact) => tell({ ...about(connection, runId), ...fact }),
    ended: (connection, runId, ending) =>
      tell({ ...about(connection, runId), event: 'connection.finished', ...ending }),
    finished: (endings, exitCode) =>
      tell({ at: new Date().toISOString(), event: 'sync.finished', connections: endings.length, exitCode }),
  }
}

/** Field names at the first level; what lies deeper is one word already. */
function snakeCase(line: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(line).map(([name, part]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      part,
    ]),
  )
}
