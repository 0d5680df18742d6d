import type { Clock } from './clock.ts'
import { pipedriveError } from './pipedrive-errors.ts'
import type { Reply } from './reply.ts'

// Daily budget, burst limit and headers: https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting, recorded headers of
// a public integration, and https://github.com/pipedrive/client-nodejs/issues/725 (read 2026-11-20). ASSUMED: that the budget is
// reset at midnight UTC, how many refusals lead to the page of the gateway, and for how long.

/** What concerns Pipedrive's wire alone. */
export type PipedriveOptions = {
  /** Tokens a day for the whole company; default 300,000. */
  dailyTokens?: number
  /** Requests within two seconds of wall time; default no limit. */
  burst?: number
  /** Whether answers say how much is left; default true. */
  limitHeaders?: boolean
  /** Whether lists of leads say where they go on as other lists of version 1 do, or as the types of the official client have it. */
  leadsPaging?: 'nested' | 'flat'
}

const BURST_WINDOW_MS = 2_000
const PATIENCE = 10
const COOL_DOWN_MS = 15 * 60_000

/** What one company may ask: a budget of tokens a day, so many requests in two seconds, and a gateway that loses its patience. */
export class Limits {
  readonly #options: Required<PipedriveOptions>
  readonly #clock: Clock
  #day = ''
  #spent = 0
  #arrivals: number[] = []
  #refusals = 0
  #bannedUntilMs = 0

  constructor(options: PipedriveOptions, clock: Clock) {
    this.#options = {
      dailyTokens: 300_000,
      burst: Infinity,
      limitHeaders: true,
      leadsPaging: 'nested',
      ...options,
    }
    this.#clock = clock
  }

  /** Spends the cost of a request; answers why it is refused, or null. */
  refusal(cost: number): Reply | null {
    const now = this.#clock.nowMs()
    if (now < this.#bannedUntilMs) return coolDownPage()
    this.#turnDay(new Date(now).toISOString().slice(0, 10))
    const isBurst = this.#isBurst(performance.now())
    if (!isBurst && this.#spent + cost <= this.#options.dailyTokens) {
      this.#spent += cost
      this.#refusals = 0
      return null
    }
    this.#refusals += 1
    if (this.#refusals > PATIENCE) this.#bannedUntilMs = now + COOL_DOWN_MS
    if (!isBurst) this.#spent = this.#options.dailyTokens
    return this.stamped(pipedriveError('overLimit'))
  }

  /** The answer with the headers that say how much is left. */
  stamped(reply: Reply): Reply {
    if (!this.#options.limitHeaders) return reply
    const { burst, dailyTokens } = this.#options
    const limit = Number.isFinite(burst) ? burst : 480
    const headers = {
      ...reply.headers,
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(Math.max(0, limit - this.#arrivals.length)),
      'x-ratelimit-reset': '2',
      'x-daily-ratelimit-token-limit': String(dailyTokens),
      'x-daily-ratelimit-token-remaining': String(Math.max(0, dailyTokens - this.#spent)),
    }
    return { ...reply, headers }
  }

  #turnDay(day: string): void {
    if (day === this.#day) return
    this.#day = day
    this.#spent = 0
  }

  #isBurst(wallMs: number): boolean {
    if (!Number.isFinite(this.#options.burst)) return false
    this.#arrivals = this.#arrivals.filter((arrival) => arrival > wallMs - BURST_WINDOW_MS)
    if (this.#arrivals.length >= this.#options.burst) return true
    this.#arrivals.push(wallMs)
    return false
  }
}

/** What the gateway shows to an address that went on asking. */
export function coolDownPage(): Reply {
  const page =
    '<!DOCTYPE html><html><head><title>Access denied | Pipedrive</title></head><body><h1>Error 1015</h1><p>You are being rate limited.</p></body></html>'
  return { status: 403, headers: { 'Content-Type': 'text/html; charset=UTF-8' }, body: Buffer.from(page) }
}
