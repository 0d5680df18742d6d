import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { RetriableError, StreamError } from './errors.ts'

/** Largest answer we read, after inflation. */
export const mostBytes = 32 * 1024 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true })
const inflaters = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync }

/**
 * The raw bytes behind a transfer encoding. Strict: a cut stream is an error, where `fetch` would return its beginning
 * as if it were whole. Throws `RetriableError` for a cut body and `StreamError` for one above `mostBytes`.
 */
export function inflate(bytes: Buffer, encoding: string | undefined): Buffer {
  if (encoding === undefined || encoding === 'identity' || bytes.length === 0) return bytes
  const inflater = inflaters[encoding as keyof typeof inflaters]
  if (inflater === undefined)
    throw new StreamError('E_CRM_BAD_REPLY', `unknown content encoding ${encoding.slice(0, 40)}`)
  try {
    return inflater(bytes, { maxOutputLength: mostBytes })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw new RetriableError(
      'E_CRM_BAD_REPLY',
      `the compressed body was cut or damaged (${code})`,
      undefined,
      { cause: error },
    )
  }
}

export const tooLarge = (): StreamError =>
  new StreamError('E_CRM_BAD_REPLY', `the answer is larger than ${mostBytes / 1024 / 1024} MB`)

/** Bytes as text; a byte order mark is dropped. Throws `StreamError` where they are not UTF-8, which must never be guessed at. */
export function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch (error) {
    throw new StreamError('E_CRM_BAD_REPLY', 'the answer is not valid UTF-8', { cause: error })
  }
}

// JSON.parse makes 9007199254740992 of the id 9007199254740993, and Infinity of 1e400. Only bodies with such a number
// take the slow road.
const longNumber = /(?:^|[[:,\s])-?(?:\d[\d.]{15,}|[\d.]+e\+?\d{3,})/i

/** Text as JSON; numbers that JavaScript cannot hold to the last digit come as text. Throws `SyntaxError`. */
export function parseJson(text: string): unknown {
  if (!longNumber.test(text)) return JSON.parse(text) as unknown
  const exactly = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' && !isExact(value, context?.source ?? '') ? context?.source : value
  return JSON.parse(text, exactly) as unknown
}

/** Up to 15 digits a number is what it says; beyond them it must at least print the same. */
function isExact(value: number, source: string): boolean {
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value)
  const digits = source.replace(/e.*$/i, '').replaceAll(/\D/g, '').length
  return Number.isFinite(value) && (digits <= 15 || String(value) === source)
}
