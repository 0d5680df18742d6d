import { limitReached } from './salesforce-reply.ts'
import type { SalesforceOptions } from './salesforce-options.ts'

const HOUR = 3_600

/**
 * The requests of the whole org within 24 hours, which every answer tells: "API Request Limits and Allocations" at
 * https://developer.salesforce.com (read 2026-11-20).
 */
export class Allowance {
  readonly #most: number
  readonly #byHour = new Map<number, number>()
  #others: number

  constructor({ dailyRequests = 15_000, requestsOfOthers = 0 }: SalesforceOptions) {
    this.#most = dailyRequests
    this.#others = requestsOfOthers
  }

  /** Counts a request at an instant in seconds. Throws `Refusal` (`REQUEST_LIMIT_EXCEEDED`) when none is left. */
  take(now: number): void {
    if (this.used(now) >= this.#most) throw limitReached('TotalRequests')
    const hour = Math.floor(now / HOUR)
    this.#byHour.set(hour, (this.#byHour.get(hour) ?? 0) + 1)
  }

  /** Says how many requests other integrations have made. */
  setOthers(requests: number): void {
    this.#others = requests
  }

  used(now: number): number {
    const since = Math.floor(now / HOUR) - 24
    let sum = this.#others
    for (const [hour, count] of this.#byHour) if (hour > since) sum += count
    return sum
  }

  header(now: number): Record<string, string> {
    return { 'Sforce-Limit-Info': `api-usage=${this.used(now)}/${this.#most}` }
  }

  /** As `/limits` has it, of many. */
  inFull(now: number): object {
    const DailyApiRequests = { Max: this.#most, Remaining: Math.max(0, this.#most - this.used(now)) }
    return { DailyApiRequests, DailyBulkV2QueryJobs: { Max: 10_000, Remaining: 10_000 } }
  }
}
