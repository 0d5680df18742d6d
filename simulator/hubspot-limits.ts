import type { HubSpotOptions } from './hubspot-options.ts'
import { tooMany, type Policy } from './hubspot-reply.ts'
import type { Reply } from './reply.ts'

// Burst per ten seconds, a day of the account's own zone, five searches in a second over all types; search answers carry no
// header about any of it: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines (read 2026-11-20).
const documented = { burst: 190, daily: 625_000 }

/** Counts what one account was asked, and says when it was too much. */
export class HubSpotLimits {
  readonly #options: HubSpotOptions
  /** Names a day of the account's own zone. */
  readonly #days: Intl.DateTimeFormat
  #requests: number[] = []
  #searches: number[] = []
  #day = ''
  #today = 0

  constructor(options: HubSpotOptions) {
    this.#options = options
    this.#days = new Intl.DateTimeFormat('en-CA', { timeZone: options.timeZone ?? 'US/Eastern' })
  }

  /** The refusal of a request that comes now, or null. `wallMs` is the machine's time, `nowMs` the account's. */
  take(isSearch: boolean, wallMs: number, nowMs: number): Reply | null {
    const { burst = Infinity, daily = Infinity, searchesPerSecond = Infinity } = this.#options
    this.#requests = within(this.#requests, wallMs - 10_000)
    this.#searches = within(this.#searches, wallMs - 1_000)
    this.#turnDay(nowMs)
    const reached: Policy | null =
      this.#today >= daily
        ? 'DAILY'
        : isSearch && this.#searches.length >= searchesPerSecond
          ? 'SECONDLY'
          : this.#requests.length >= burst
            ? 'TEN_SECONDLY_ROLLING'
            : null
    if (reached !== null) return tooMany(reached)
    this.#requests.push(wallMs)
    if (isSearch) this.#searches.push(wallMs)
    this.#today += 1
    return null
  }

  /** What an answer says about the limits. */
  headers(isSearch: boolean): Record<string, string> {
    if (isSearch) return {}
    const { burst = documented.burst, daily = documented.daily, isPrivateApp = true } = this.#options
    return {
      'X-HubSpot-RateLimit-Interval-Milliseconds': '10000',
      'X-HubSpot-RateLimit-Max': String(burst),
      'X-HubSpot-RateLimit-Remaining': String(Math.max(0, burst - this.#requests.length)),
      ...(isPrivateApp && {
        'X-HubSpot-RateLimit-Daily': String(daily),
        'X-HubSpot-RateLimit-Daily-Remaining': String(Math.max(0, daily - this.#today)),
      }),
    }
  }

  /** How many requests the account has answered today. */
  get today(): number {
    return this.#today
  }

  #turnDay(nowMs: number): void {
    const day = this.#days.format(nowMs)
    if (day !== this.#day) this.#today = 0
    this.#day = day
  }
}

const within = (instants: number[], after: number): number[] =>
  instants[0] !== undefined && instants[0] <= after ? instants.filter((instant) => instant > after) : instants
