import { defused } from '../exports/csv.ts'

/** One line of RFC 4180. */
export function csvLine(cells: readonly (string | null)[]): string {
  return `${cells.map((cell) => quoted(defused(cell ?? ''))).join(',')}\r\n`
}

/** Lines as the body of an answer, made as fast as they are taken. */
export function csvBody(lines: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const source = lines[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  return new ReadableStream({
    pull: async (stream) => {
      const { done, value } = await source.next()
      if (done) stream.close()
      else stream.enqueue(encoder.encode(value))
    },
    cancel: async () => void (await source.return?.()),
  })
}

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
