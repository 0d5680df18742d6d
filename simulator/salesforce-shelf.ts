import type { Kept, ObjectType } from './salesforce-objects.ts'
import type { Org } from './salesforce-org.ts'

/** How long the recycle bin keeps what was deleted, in seconds. */
export const BIN_SECONDS = 15 * 86_400

/** Which records a query looks at: those that are there, or the bin and the archive too. */
export type Reach = 'query' | 'queryAll'

/** The records of one object in the order of (SystemModstamp, Id), made anew only when something changed. */
export class Shelf {
  readonly type: ObjectType
  readonly #org: Org
  #kept: Kept[] | null = null
  #byId: Map<string, Kept> | null = null

  constructor(type: ObjectType, org: Org) {
    this.type = type
    this.#org = org
  }

  touch(): void {
    this.#kept = null
    this.#byId = null
  }

  get all(): readonly Kept[] {
    return (this.#kept ??= this.type.keep(this.#org).sort((a, b) => a.stamp - b.stamp || order(a.id, b.id)))
  }

  find(id: string): Kept | undefined {
    this.#byId ??= new Map(this.all.map((kept) => [kept.id.slice(0, 15), kept]))
    return this.#byId.get(id.slice(0, 15))
  }

  /** Index of the first record that is not older than the stamp. */
  from(stamp: number): number {
    const { all } = this
    let low = 0
    for (let high = all.length; low < high;) {
      const middle = (low + high) >> 1
      if ((all[middle]?.stamp ?? 0) < stamp) low = middle + 1
      else high = middle
    }
    return low
  }

  isWithin(reach: Reach, kept: Kept): boolean {
    const { now } = this.#org.world
    if (kept.visibleAt > now) return false
    if (reach === 'query') return kept.removedAt === 0 && kept.archivedAt > now
    return kept.removedAt === 0 || (!kept.isPurged && kept.removedAt > now - BIN_SECONDS)
  }
}

/** Ids are compared by their characters, whatever the language of the machine. */
export const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
