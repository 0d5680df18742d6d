const SECOND_MS = 1000

/** How hard one account is asked: requests open at once, and requests within any one second of wall time. */
export class Pace {
  maxInFlight = 0
  peak = 0
  #inFlight = 0
  /** Arrivals; those before `#oldest` are more than a second old. */
  #arrivals: number[] = []
  #oldest = 0

  open(wallMs: number): void {
    this.#inFlight += 1
    this.maxInFlight = Math.max(this.maxInFlight, this.#inFlight)
    this.#arrivals.push(wallMs)
    while ((this.#arrivals[this.#oldest] ?? wallMs) <= wallMs - SECOND_MS) this.#oldest += 1
    this.peak = Math.max(this.peak, this.#arrivals.length - this.#oldest)
    if (this.#oldest > 10_000) this.#forgetOld()
  }

  close(): void {
    this.#inFlight -= 1
  }

  /** Starts measuring anew; what is in flight stays so. */
  clear(): void {
    this.maxInFlight = this.#inFlight
    this.peak = 0
    this.#arrivals = []
    this.#oldest = 0
  }

  #forgetOld(): void {
    this.#arrivals.splice(0, this.#oldest)
    this.#oldest = 0
  }
}
