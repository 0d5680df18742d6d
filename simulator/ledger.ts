import { Pace } from './pace.ts'

/** One request as it was answered. `at` is the simulator's clock, `wallMs` the machine's; `bytes` is the body sent. */
export type LedgerEntry = {
  seq: number
  at: string
  wallMs: number
  account: string
  operation: string
  query: string
  status: number
  fault: string | null
  bytes: number
}

/** Never truncated. */
export type OperationCount = {
  account: string
  operation: string
  requests: number
  bytes: number
  byStatus: Record<number, number>
}

/**
 * What really happened, so that tests need not trust the client. Entries are the last `capacity` ones; counters and
 * peaks cover everything since the start or the last `clear`. An account is a web key, '' when none was sent.
 */
export class Ledger {
  readonly #capacity: number
  readonly #entries: LedgerEntry[] = []
  readonly #counts = new Map<string, OperationCount>()
  readonly #paces = new Map<string, Pace>()
  #seq = 0

  constructor(capacity = 20_000) {
    this.#capacity = capacity
  }

  /** A request came in. */
  open(account: string, wallMs: number): void {
    this.#pace(account).open(wallMs)
  }

  /** Its answer is about to be sent. */
  note(entry: Omit<LedgerEntry, 'seq'>): void {
    this.#entries[this.#seq % this.#capacity] = { seq: this.#seq, ...entry }
    this.#seq += 1
    const key = `${entry.account} ${entry.operation}`
    const { account, operation } = entry
    const count = this.#counts.get(key) ?? { account, operation, requests: 0, bytes: 0, byStatus: {} }
    count.requests += 1
    count.bytes += entry.bytes
    count.byStatus[entry.status] = (count.byStatus[entry.status] ?? 0) + 1
    this.#counts.set(key, count)
  }

  /** Its answer was sent, or the connection is gone. */
  close(account: string): void {
    this.#pace(account).close()
  }

  /** Kept entries whose `seq` is at least `since`, oldest first. */
  entries(since = 0): LedgerEntry[] {
    return this.#entries.filter((entry) => entry.seq >= since).sort((a, b) => a.seq - b.seq)
  }

  /** Requests ever made, of one operation and one account when named. */
  count(operation?: string, account?: string): number {
    return this.counts()
      .filter((count) => operation === undefined || count.operation === operation)
      .filter((count) => account === undefined || count.account === account)
      .reduce((sum, count) => sum + count.requests, 0)
  }

  counts(): OperationCount[] {
    return [...this.#counts.values()]
  }

  /** The most requests that were open at once, of one account or of the busiest one. */
  maxInFlight(account?: string): number {
    return this.#busiest(account, (pace) => pace.maxInFlight)
  }

  /** The most requests that arrived within any one second of wall time, of one account or of the busiest one. */
  peakPerSecond(account?: string): number {
    return this.#busiest(account, (pace) => pace.peak)
  }

  /** Forgets everything but what is in flight. */
  clear(): void {
    this.#entries.length = 0
    this.#counts.clear()
    for (const pace of this.#paces.values()) pace.clear()
  }

  #pace(account: string): Pace {
    const known = this.#paces.get(account)
    if (known) return known
    const pace = new Pace()
    this.#paces.set(account, pace)
    return pace
  }

  #busiest(account: string | undefined, of: (pace: Pace) => number): number {
    const paces = account === undefined ? [...this.#paces.values()] : [this.#pace(account)]
    return Math.max(0, ...paces.map(of))
  }
}
