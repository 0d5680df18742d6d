import type { FaultName } from './fault-names.ts'

/**
 * When a fault happens. Without conditions: at every request. `nth` counts, from 1, the requests that match the other
 * conditions since the rule was added, and the fault happens from that one on; `times` ends it after so many (default
 * 1 with `nth`, else without end). `from` and `until` are instants of the simulator's clock, `until` not included.
 */
export type FaultRule = {
  fault: FaultName
  operation?: string
  /** A web key. */
  account?: string
  nth?: number
  times?: number
  /** 0 to 1, drawn per matching request from `seed` (default 1). */
  probability?: number
  seed?: number
  from?: Date | string
  until?: Date | string
  params?: Record<string, unknown>
}
