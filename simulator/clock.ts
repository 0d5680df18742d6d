/** Manual: stands still but for `advance`. Otherwise it runs from `startAt`, `speed` simulated seconds per second. */
export type ClockOption = 'manual' | { startAt: Date; speed: number }

/** The simulator's time, in milliseconds since 1970. It never goes back. */
export class Clock {
  readonly #startAt: number
  readonly #speed: number
  readonly #wallStart = performance.now()
  #advanced = 0

  constructor(startAt: Date, speed: number) {
    this.#startAt = startAt.getTime()
    this.#speed = speed
  }

  nowMs(): number {
    return this.#startAt + this.#advanced + Math.floor((performance.now() - this.#wallStart) * this.#speed)
  }

  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`time only goes forward, not by ${ms} ms`)
    this.#advanced += ms
  }
}
