const QUARTER = 900
const DAY = 86_400
const pairs = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))

/**
 * Writes instants as wall-clock time of one IANA zone, `YYYY-MM-DD HH:MM:SS`, daylight saving included. Offsets are
 * asked of `Intl` once per quarter of an hour: no zone changes its offset more finely.
 */
export class Zone {
  readonly #format: Intl.DateTimeFormat
  readonly #offsets = new Map<number, number>()
  readonly #days = new Map<number, string>()

  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  }

  /** Seconds since 1970 as local text; 0 ("never") is the empty text. */
  text(seconds: number): string {
    if (seconds === 0) return ''
    const local = seconds + this.#offset(seconds)
    const within = ((local % DAY) + DAY) % DAY
    const hours = pairs[Math.floor(within / 3600)]
    const minutes = pairs[Math.floor(within / 60) % 60]
    return `${this.#day((local - within) / DAY)} ${hours}:${minutes}:${pairs[within % 60]}`
  }

  /** Local text as seconds since 1970; of an hour that there is twice, the first. */
  instant(text: string): number {
    const local = Date.parse(`${text.replace(' ', 'T')}Z`) / 1_000
    const before = local - this.#offset(local - DAY / 2)
    return this.text(before) === text ? before : local - this.#offset(local)
  }

  /** Days since 1970 as a date; kept, since millions of rows share few days. */
  #day(number: number): string {
    const known = this.#days.get(number)
    if (known !== undefined) return known
    const date = new Date(number * DAY * 1000).toISOString().slice(0, 10)
    this.#days.set(number, date)
    return date
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
