import { makeChange } from './changes.ts'
import { Random } from './random.ts'
import type { World } from './world.ts'

const DAY = 86_400

/**
 * Plays a world's scheduled changes. When they happen and what they are depends on the seed alone, so one step of a
 * day and a thousand small steps end in the same state.
 */
export class Timeline {
  readonly #world: World
  readonly #changesPerDay: number
  #played = 0
  #nextAt: number

  constructor(world: World, changesPerDay: number) {
    this.#world = world
    this.#changesPerDay = changesPerDay
    this.#nextAt = this.#after(world.now)
  }

  /** Plays every change up to and including the instant (seconds). Going back does nothing. */
  playTo(instant: number): void {
    while (this.#nextAt <= instant) {
      this.#world.moveTo(this.#nextAt)
      makeChange(this.#world, this.#played)
      this.#played += 1
      this.#nextAt = this.#after(this.#nextAt)
    }
    if (instant > this.#world.now) this.#world.moveTo(instant)
  }

  /** Random gaps around the mean, never less than a second. */
  #after(previous: number): number {
    if (this.#changesPerDay <= 0) return Infinity
    const share = new Random(this.#world.setting.seed, 'gap', this.#played).next()
    return previous + Math.max(1, Math.round((-Math.log(1 - share) * DAY) / this.#changesPerDay))
  }
}
