import type { XmlElement } from '../../drizzle/schema/nudges.ts'
import { parseXml } from './xml.ts'

/** A hundred events of HubSpot are 50 kB; Pipedrive sends a whole record with them. */
export const mostBytes = 524_288

/** The bytes of a request to the last one; undefined when there are too many, which is known before they are read. */
export async function readBytes(
  request: Pick<Request, 'headers'> & { body: AsyncIterable<Uint8Array> | null },
): Promise<Buffer | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > mostBytes) return undefined
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body ?? []) {
    length += chunk.length
    if (length > mostBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

/** What a body means by its form; undefined when it has none. Numbers too large for JavaScript are their text. */
export function parseBody(body: Buffer, form: 'json' | 'xml'): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    return form === 'xml'
      ? (parseXml(text) satisfies XmlElement | undefined)
      : JSON.parse(text, exact as (key: string, value: unknown) => unknown)
  } catch {
    return undefined
  }
}

const exact = (_: string, value: unknown, { source }: { source?: string }): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) ? source : value
