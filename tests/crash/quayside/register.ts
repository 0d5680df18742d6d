/** One state of a row. `modified` is what the CRM stamps on it, in whole seconds; it may show it only later. */
export type Version = {
  id: number
  version: number
  modified: number
  visibleAtMs: number
  amount: number
  isDeleted: boolean
}

/** A list of rows with everything they ever were, so that a test can ask what was to be seen at any moment. */
export class Register {
  readonly #rows: Version[][] = []

  get size(): number {
    return this.#rows.length
  }

  /** Adds a row and returns its id; ids count from 1. */
  add(nowMs: number, amount: number, lateMs = 0): number {
    this.#rows.push([])
    const id = this.#rows.length
    this.#write(id, nowMs, lateMs, amount, false)
    return id
  }

  edit(id: number, nowMs: number, amount: number, lateMs = 0): void {
    if (!this.latest(id).isDeleted) this.#write(id, nowMs, lateMs, amount, false)
  }

  remove(id: number, nowMs: number, lateMs = 0): void {
    const { amount, isDeleted } = this.latest(id)
    if (!isDeleted) this.#write(id, nowMs, lateMs, amount, true)
  }

  /** The newest state of a row, shown or not. */
  latest(id: number): Version {
    const last = this.#rows[id - 1]?.at(-1)
    if (last === undefined) throw new Error(`there is no row ${id}`)
    return last
  }

  /** What the CRM showed of a row at a moment; undefined before it showed anything. */
  shown(id: number, atMs: number): Version | undefined {
    return this.#rows[id - 1]?.findLast(({ visibleAtMs }) => visibleAtMs <= atMs)
  }

  /** Every row as it was shown at a moment, by id. */
  allShown(atMs: number): Version[] {
    return this.#rows.flatMap((_, index) => this.shown(index + 1, atMs) ?? [])
  }

  #write(id: number, nowMs: number, lateMs: number, amount: number, isDeleted: boolean): void {
    const versions = this.#rows[id - 1]
    versions?.push({
      id,
      version: versions.length + 1,
      modified: Math.floor(nowMs / 1_000),
      visibleAtMs: nowMs + lateMs,
      amount,
      isDeleted,
    })
  }
}
