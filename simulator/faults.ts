import type { Clock } from './clock.ts'
import type { Effect, Exchange, Firing } from './fault-effect.ts'
import type { FaultName } from './fault-names.ts'
import type { FaultRule } from './fault-rule.ts'
import { accessFaults } from './faults-of-access.ts'
import { deliveryFaults } from './faults-of-delivery.ts'
import { hubSpotFaults } from './faults-of-hubspot.ts'
import { pagingFaults } from './faults-of-paging.ts'
import { salesforceFaults } from './faults-of-salesforce.ts'
import { pipedriveFaults } from './faults-of-pipedrive.ts'
import { shapeFaults } from './faults-of-shape.ts'
import { statusFaults } from './faults-of-status.ts'
import { valueFaults } from './faults-of-value.ts'
import { Random } from './random.ts'

const effects: Record<FaultName, Effect> = {
  ...statusFaults,
  ...accessFaults,
  ...deliveryFaults,
  ...shapeFaults,
  ...pagingFaults,
  ...valueFaults,
  ...hubSpotFaults,
  ...salesforceFaults,
  ...pipedriveFaults,
}

type Standing = { rule: FaultRule; seen: number; fired: number; end: AbortController }

/** A fault that happens to the present request. */
export type Happening = {
  name: FaultName
  effect: Effect
  firing: Firing
  /** Takes the count back: there was nothing to spoil. */
  withdraw: () => void
  hasHappened: () => boolean
}

/** The rules that stand, and how often each fault has fired since the start. */
export class Faults {
  readonly #clock: Clock
  readonly #fired = new Map<FaultName, number>()
  #standing: Standing[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Puts a rule up; call the answer to take it down. An unknown fault name throws. */
  add(rule: FaultRule): () => void {
    if (!Object.hasOwn(effects, rule.fault)) throw new Error(`no fault is called ${rule.fault}`)
    const standing = { rule, seen: 0, fired: 0, end: new AbortController() }
    this.#standing.push(standing)
    return () => {
      this.#standing = this.#standing.filter((other) => other !== standing)
      standing.end.abort()
    }
  }

  /** Takes all rules down. Counts stay. */
  clear(): void {
    const all = this.#standing
    this.#standing = []
    for (const { end } of all) end.abort()
  }

  /** How often the fault has happened; all faults together without a name. */
  fired(name?: FaultName): number {
    if (name !== undefined) return this.#fired.get(name) ?? 0
    return [...this.#fired.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Counts of the faults that have happened, by name. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.#fired)
  }

  /** The faults of this request, in the order of their rules. Counts them as fired. */
  happenTo(exchange: Exchange): Happening[] {
    if (this.#standing.length === 0) return []
    return this.#standing
      .filter((standing) => this.#fires(standing, exchange))
      .map((standing) => this.#happening(standing))
  }

  #happening(standing: Standing): Happening {
    const { rule, fired, end } = standing
    const name = rule.fault
    const firing = { params: rule.params ?? {}, count: fired, takenDown: end.signal }
    let isCounted = true
    this.#fired.set(name, this.fired(name) + 1)
    const withdraw = () => {
      isCounted = false
      standing.fired -= 1
      this.#fired.set(name, this.fired(name) - 1)
    }
    return { name, effect: effects[name], firing, withdraw, hasHappened: () => isCounted }
  }

  #fires(standing: Standing, exchange: Exchange): boolean {
    const { rule } = standing
    if (rule.operation !== undefined && rule.operation !== exchange.operation) return false
    if (rule.account !== undefined && rule.account !== exchange.account?.webKey) return false
    if (!this.#isTime(rule)) return false
    if (effects[rule.fault].applies?.(exchange) === false) return false
    standing.seen += 1
    if (standing.seen < (rule.nth ?? 1)) return false
    if (standing.fired >= (rule.times ?? (rule.nth === undefined ? Infinity : 1))) return false
    const draw = new Random(rule.seed ?? 1, rule.fault, standing.seen).next()
    if (draw >= (rule.probability ?? 1)) return false
    standing.fired += 1
    return true
  }

  #isTime({ from, until }: FaultRule): boolean {
    const now = this.#clock.nowMs()
    if (from !== undefined && now < new Date(from).getTime()) return false
    return until === undefined || now < new Date(until).getTime()
  }
}
