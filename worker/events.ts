import type { Logger } from 'pino'
import type { Counts } from './run.ts'

/** The facts of a run. The log line, the metric and the row on the sync page are all made from these. */
export type RunEvent =
  | { event: 'run.started'; trigger: string; fence: number }
  | { event: 'stream.started'; stream: string; isResumed: boolean }
  | { event: 'page.landed'; stream: string; counts: Counts; total: number | null; wrote: boolean }
  | { event: 'stream.restarted'; stream: string; reason: string }
  | {
      event: 'stream.finished'
      stream: string
      status: string
      ms: number
      counts: Counts
      code?: string
      reason?: string
    }
  | { event: 'fields.unknown'; stream: string; fields: string[] }
  | {
      event: 'run.finished'
      status: string
      ms: number
      counts: Counts
      requests: number
      retries: number
      code?: string
      reason?: string
    }

export type Tell = (fact: RunEvent) => void

/** Writes each fact as one log line; pages only at level debug. */
export function tellLog(log: Logger, run: { tenantId: string; connectionId: string; id: string }): Tell {
  const mine = log.child({ tenant: run.tenantId, connection: run.connectionId, run: run.id })
  return ({ event, ...facts }) => {
    if (event === 'page.landed' && !mine.isLevelEnabled('debug')) return
    const level =
      event === 'page.landed' || event === 'fields.unknown' ? 'debug' : 'code' in facts ? 'warn' : 'info'
    mine[level](facts, event)
  }
}
