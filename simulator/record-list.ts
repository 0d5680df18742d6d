const CHUNK = 100
const COMMA = Buffer.from(',')

/** The rows behind a list, by index; an index never changes its row. */
export type RowSource = {
  length: () => number
  isListed: (index: number) => boolean
  /** One JSON value. Called only for listed rows. */
  serialise: (index: number) => string
}

type Chunk = { bytes: Buffer; ends: number[] }

/**
 * A list kept serialised, a hundred indexes at a time, so that a page is a slice of bytes and not work. Changed rows
 * are told by `touch`; only their hundred is written again, when a page next needs it.
 */
export class RecordList {
  readonly #rows: RowSource
  readonly #isNewestFirst: boolean
  readonly #chunks: (Chunk | undefined)[] = []
  readonly #counts: number[] = []
  readonly #stale = new Set<number>()
  /** `#starts[i]`: how many listed rows stand before the i-th chunk in reading order. */
  #starts: number[] = [0]

  constructor(rows: RowSource, isNewestFirst: boolean) {
    this.#rows = rows
    this.#isNewestFirst = isNewestFirst
    for (let index = 0; index < rows.length(); index += CHUNK) this.#stale.add(index / CHUNK)
  }

  /** Says that the row at the index is new, changed, shown or gone. */
  touch(index: number): void {
    this.#stale.add(Math.floor(index / CHUNK))
  }

  /** How many rows are listed. */
  total(): number {
    this.#settle()
    return this.#starts.at(-1) ?? 0
  }

  /** The rows from `offset` on, at most `limit`, as the inside of a JSON array: `{…},{…}`; empty past the end. */
  page(offset: number, limit: number): Buffer {
    this.#settle()
    const end = Math.min(offset + limit, this.#starts.at(-1) ?? 0)
    const pieces: Buffer[] = []
    for (let place = this.#placeOf(offset); (this.#starts[place] ?? end) < end; place++) {
      const start = this.#starts[place] ?? 0
      const piece = this.#slice(place, Math.max(0, offset - start), Math.min(CHUNK, end - start))
      if (piece.length > 0) pieces.push(...(pieces.length > 0 ? [COMMA, piece] : [piece]))
    }
    return pieces.length === 1 ? (pieces[0] ?? COMMA) : Buffer.concat(pieces)
  }

  /** Serialises everything now instead of when it is first read. */
  warm(): void {
    this.#settle()
    for (let chunk = 0; chunk < this.#counts.length; chunk++) this.#chunks[chunk] ??= this.#build(chunk)
  }

  #settle(): void {
    if (this.#stale.size === 0) return
    for (const chunk of this.#stale) {
      this.#chunks[chunk] = undefined
      this.#counts[chunk] = this.#listedIn(chunk).length
    }
    this.#stale.clear()
    const counts = this.#isNewestFirst ? this.#counts.toReversed() : this.#counts
    let before = 0
    this.#starts = [0, ...counts.map((count) => (before += count))]
  }

  #listedIn(chunk: number): number[] {
    const listed: number[] = []
    const end = Math.min((chunk + 1) * CHUNK, this.#rows.length())
    for (let index = chunk * CHUNK; index < end; index++) if (this.#rows.isListed(index)) listed.push(index)
    return this.#isNewestFirst ? listed.toReversed() : listed
  }

  /** Place of the last chunk, in reading order, that starts at or before the offset. */
  #placeOf(offset: number): number {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((this.#starts[middle] ?? Infinity) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  #slice(place: number, from: number, to: number): Buffer {
    const chunk = this.#isNewestFirst ? this.#counts.length - 1 - place : place
    const { bytes, ends } = (this.#chunks[chunk] ??= this.#build(chunk))
    const last = Math.min(to, ends.length)
    if (from >= last) return bytes.subarray(0, 0)
    return bytes.subarray(from === 0 ? 0 : (ends[from - 1] ?? 0) + 1, ends[last - 1])
  }

  #build(chunk: number): Chunk {
    const texts = this.#listedIn(chunk).map((index) => this.#rows.serialise(index))
    let end = -1
    const ends = texts.map((text) => (end += Buffer.byteLength(text) + 1))
    return { bytes: Buffer.from(texts.join(',')), ends }
  }
}
