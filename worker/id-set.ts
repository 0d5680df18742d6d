/**
 * The ids seen in one pass, without keeping a million strings: 62 random bits of each UUID in an open-addressing table,
 * 16 bytes per id at most. Two different ids that collide (one chance in ten million at a million ids) make the count
 * come out one short of the CRM's own, which stops a pass from concluding anything; they can never hide a difference.
 */
export class IdSet {
  #slots = new Uint32Array(2 * 1024)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Adds a UUID; false when it was there already. */
  add(id: string): boolean {
    if (this.#size * 2 >= this.#slots.length / 2) this.#grow()
    return this.#put(
      this.#slots,
      Number.parseInt(id.slice(0, 8), 16),
      (Number.parseInt(id.slice(24, 32), 16) | 1) >>> 0,
    )
  }

  has(id: string): boolean {
    const high = Number.parseInt(id.slice(0, 8), 16)
    const low = (Number.parseInt(id.slice(24, 32), 16) | 1) >>> 0
    const mask = this.#slots.length / 2 - 1
    for (let at = (high ^ low) & mask; ; at = (at + 1) & mask) {
      if (this.#slots[at * 2 + 1] === 0) return false
      if (this.#slots[at * 2] === high && this.#slots[at * 2 + 1] === low) return true
    }
  }

  /** `low` is odd, so zero marks a free slot. */
  #put(slots: Uint32Array, high: number, low: number): boolean {
    const mask = slots.length / 2 - 1
    for (let at = (high ^ low) & mask; ; at = (at + 1) & mask) {
      if (slots[at * 2 + 1] === 0) {
        slots[at * 2] = high
        slots[at * 2 + 1] = low
        this.#size += 1
        return true
      }
      if (slots[at * 2] === high && slots[at * 2 + 1] === low) return false
    }
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new Uint32Array(before.length * 2)
    this.#size = 0
    for (let at = 0; at < before.length; at += 2) {
      const low = before[at + 1] ?? 0
      if (low !== 0) this.#put(this.#slots, before[at] ?? 0, low)
    }
  }
}
