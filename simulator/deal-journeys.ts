import { rowAt } from './facts.ts'
import { stepsOf } from './population.ts'
import type { World } from './world.ts'

/** From `at` (seconds) on a deal stood in this stage and was worth so much; null is the first stage. */
export type DealStep = { at: number; stageId: number | null; amountMinor: number | null }

/** How each deal of a world came to stand where it stands: what became of it before the start, and every change since. */
export class Journeys {
  readonly #world: World
  /** Of the deals at the start, whose they were then. */
  readonly #persons: readonly number[]
  readonly #since = new Map<number, DealStep[]>()

  constructor(world: World) {
    this.#world = world
    this.#persons = world.deals.map(({ personIndex }) => personIndex)
  }

  /** Oldest first. */
  of(index: number): readonly DealStep[] {
    return [...this.#before(index), ...(this.#since.get(index) ?? [])]
  }

  /** To be told of every change of a deal. */
  note(index: number): void {
    const { stageId, amountMinor, createdAt } = rowAt(this.#world.deals, index)
    const last = this.of(index).at(-1)
    if (last?.stageId === stageId && last.amountMinor === amountMinor) return
    const at = last === undefined ? createdAt : Math.max(this.#world.now, last.at + 1)
    this.#since.set(index, [...(this.#since.get(index) ?? []), { at, stageId, amountMinor }])
  }

  #before(index: number): DealStep[] {
    const personIndex = this.#persons[index]
    if (personIndex === undefined) return []
    const { setting, people, deals } = this.#world
    const steps = stepsOf(setting, personIndex, rowAt(people, personIndex))
    const [first] = steps
    const came = { at: rowAt(deals, index).createdAt, stageId: null, amountMinor: first?.amountMinor ?? null }
    return [came, ...steps.map(({ at, stageId, amountMinor }) => ({ at, stageId, amountMinor }))]
  }
}
