const QUARTER = 900

/**
 * Writes instants as wall-clock time of one IANA zone, `YYYY-MM-DD HH:MM:SS`, daylight saving included. Offsets are
 * asked of `Intl` once per quarter of an hour: no zone changes its offset more finely.
 */
export class Zone {
  readonly #format: Intl.DateTimeFormat
  readonly #offsets = new Map<number, number>()

  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  }

  /** Seconds since 1970 as local text; 0 ("never") is the empty text. */
  text(seconds: number): string {
    if (seconds === 0) return ''
    const local = new Date((seconds + this.#offset(seconds)) * 1000).toISOString()
    return `${local.slice(0, 10)} ${local.slice(11, 19)}`
  }

  /** Seconds to add to UTC. */
  #offset(seconds: number): number {
    const quarter = Math.floor(seconds / QUARTER)
    const known = this.#offsets.get(quarter)
    if (known !== undefined) return known
    const found = this.#ask(quarter * QUARTER)
    this.#offsets.set(quarter, found)
    return found
  }

  #ask(seconds: number): number {
    const parts = this.#format.formatToParts(new Date(seconds * 1000))
    const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? 'GMT'
    const [, sign, hours = '0', minutes = '0'] = /([+-])(\d\d):?(\d\d)?/.exec(name) ?? []
    return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
  }
}
