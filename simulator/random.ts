/**
 * Seeded chance. A `Random` is named by (seed, label, index), so the n-th person or the n-th change is always
 * the same, whatever was drawn before it and by whom.
 */
export class Random {
  #state: number

  constructor(seed: number, label: string, index = 0) {
    let hash = Math.imul(seed | 0, 0x9e3779b1) ^ 0x85ebca6b
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193)
    this.#state = scatter(hash ^ scatter(index + 0x7f4a7c15))
  }

  /** A number in [0, 1). Mulberry32, public domain, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c (2026-11-20). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }

  /** A whole number in [0, below). */
  int(below: number): number {
    return Math.floor(this.next() * below)
  }

  /** A whole number in [low, high], both included. */
  between(low: number, high: number): number {
    return low + this.int(high - low + 1)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(list: readonly T[]): T {
    const chosen = list[this.int(list.length)]
    if (chosen === undefined) throw new Error('cannot pick from an empty list')
    return chosen
  }

  /** One item, the one at place `first` most likely and those after it less and less; beyond the end it goes on at the beginning. */
  skewed<T>(list: readonly T[], first: number): T {
    const place = Math.floor(this.next() ** 1.7 * list.length)
    const chosen = list[(first + place) % list.length]
    if (chosen === undefined) throw new Error('cannot pick from an empty list')
    return chosen
  }

  /** One item, as likely as its weight says. Weights are positive and need not sum to 1. */
  weighted<T extends { weight: number }>(list: readonly T[]): T {
    let left = this.next() * list.reduce((sum, item) => sum + item.weight, 0)
    const chosen = list.find((item) => (left -= item.weight) < 0) ?? list.at(-1)
    if (chosen === undefined) throw new Error('cannot weigh an empty list')
    return chosen
  }
}

function scatter(value: number): number {
  let mixed = value | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b)
  return mixed ^ (mixed >>> 16)
}
