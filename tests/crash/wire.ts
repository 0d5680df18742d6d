/** One message of the Postgres protocol, as it went over the wire. `type` is '' for the first one of a client. */
export type Message = { type: string; bytes: Buffer }

/** Cuts a stream of bytes into messages (https://www.postgresql.org/docs/18/protocol-message-formats.html, read 2026-11-21). */
export class Messages {
  #rest: Buffer = Buffer.alloc(0)
  #isUntyped: boolean

  /** A client's first message has no type byte; a server's all have one. */
  constructor(from: 'client' | 'server') {
    this.#isUntyped = from === 'client'
  }

  push(chunk: Buffer): Message[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const found: Message[] = []
    for (;;) {
      const head = this.#isUntyped ? 0 : 1
      if (this.#rest.length < head + 4) return found
      const end = head + this.#rest.readInt32BE(head)
      if (this.#rest.length < end) return found
      const bytes = this.#rest.subarray(0, end)
      found.push({ type: this.#isUntyped ? '' : String.fromCharCode(bytes[0] ?? 0), bytes })
      this.#rest = this.#rest.subarray(end)
      this.#isUntyped = false
    }
  }
}

/** The name and the text of a statement to be prepared. */
export function readParse({ bytes }: Message): { name: string; text: string } {
  const { text: name, end } = cString(bytes, 5)
  return { name, text: cString(bytes, end).text }
}

/** The name of the prepared statement that a Bind refers to, and its parameters as text. */
export function readBind({ bytes }: Message): { name: string; values: (string | null)[] } {
  const { text: name, end } = cString(bytes, cString(bytes, 5).end)
  let at = end + 2 + bytes.readInt16BE(end) * 2
  const count = bytes.readUInt16BE(at)
  at += 2
  const values: (string | null)[] = []
  for (let i = 0; i < count; i += 1) {
    const length = bytes.readInt32BE(at)
    at += 4
    values.push(length < 0 ? null : bytes.toString('utf8', at, at + length))
    at += Math.max(0, length)
  }
  return { name, values }
}

/** The text of a simple query. */
export const readQuery = ({ bytes }: Message): string => cString(bytes, 5).text

function cString(bytes: Buffer, from: number): { text: string; end: number } {
  const zero = bytes.indexOf(0, from)
  return { text: bytes.toString('utf8', from, zero), end: zero + 1 }
}
