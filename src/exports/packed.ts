import { once } from 'node:events'
import { Readable } from 'node:stream'
import { constants, createGunzip, createGzip } from 'node:zlib'

/**
 * A long text kept small until somebody takes it: written while a transaction is open, read when it has ended, so that a slow
 * reader holds no connection to the database.
 */
export class Packed {
  readonly #gzip = createGzip({ level: constants.Z_BEST_SPEED })
  readonly #parts: Buffer[] = []
  readonly #ended: Promise<unknown>

  constructor() {
    this.#gzip.on('data', (part: Buffer) => this.#parts.push(part))
    this.#ended = once(this.#gzip, 'end')
  }

  async add(text: string): Promise<void> {
    if (!this.#gzip.write(text)) await once(this.#gzip, 'drain')
  }

  async end(): Promise<void> {
    this.#gzip.end()
    await this.#ended
  }

  /** What was written, still packed. */
  stream(): ReadableStream<Uint8Array> {
    return web(Readable.from(this.#parts))
  }

  /** What was written, as it was written. */
  unpacked(): ReadableStream<Uint8Array> {
    return web(Readable.from(this.#parts).pipe(createGunzip()))
  }
}

const web = (stream: Readable) => Readable.toWeb(stream) as ReadableStream<Uint8Array>
