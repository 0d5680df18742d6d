import type { Pool } from 'undici'
import { PrivateAddressError } from './address.ts'
import { decode, inflate, mostBytes, parseJson, tooLarge } from './body.ts'
import type { RawReply } from './connectors/connector.ts'
import { asSyncError, FatalError, RetriableError, StreamError, SyncError } from './errors.ts'

/** One request as it goes over the wire; `path` with its query. */
export type Outgoing = {
  method: 'GET' | 'POST' | 'PATCH'
  path: string
  headers: Record<string, string>
  body: string | null
}

/** What came back, as it came. */
export type Received = Omit<RawReply, 'text' | 'body'> & { bytes: Buffer }

/**
 * Sends one request and reads its whole body, within one time limit: a limit per chunk never fires on a slow drip.
 * Redirects are not followed. Throws a `SyncError` when no complete answer came.
 */
export async function send(
  pool: Pool,
  { headers, ...outgoing }: Outgoing,
  timeoutMs: number,
  stopping?: AbortSignal,
): Promise<Received> {
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    const response = await pool.request({
      ...outgoing,
      headers: {
        accept: 'application/json',
        'accept-encoding': 'gzip',
        'user-agent': 'Tidemark',
        ...headers,
      },
      signal: stopping === undefined ? limit : AbortSignal.any([limit, stopping]),
    })
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > mostBytes) throw tooLarge()
      chunks.push(chunk)
    }
    return { status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks, length) }
  } catch (error) {
    throw transportFault(error, timeoutMs)
  }
}

function transportFault(error: unknown, timeoutMs: number): Error {
  if (error instanceof SyncError) return error
  if (error instanceof PrivateAddressError)
    return new FatalError('E_SETTINGS', error.message, { cause: error })
  const { code, name, message } = error as NodeJS.ErrnoException
  const isLate = name === 'TimeoutError'
  if (code === 'EMFILE' || code === 'ENFILE') return asSyncError(error)
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return new StreamError('E_CRM_BAD_REPLY', 'the headers of the answer are too large', { cause: error })
  return new RetriableError(
    'E_CRM_DOWN',
    isLate ? `no complete answer within ${timeoutMs / 1_000} s` : `${code ?? name}: ${message}`,
    undefined,
    { cause: error },
  )
}

/** An answer with its body inflated, decoded, and parsed where it is JSON; what it means is decided afterwards. */
export function understand({ bytes, ...head }: Received): { raw: RawReply; inflated: Buffer } {
  const encoding = head.headers['content-encoding']
  const inflated = inflate(bytes, typeof encoding === 'string' ? encoding : undefined)
  const text = decode(head.status >= 400 ? inflated.subarray(0, 4_096) : inflated)
  return { raw: parsed({ ...head, text }), inflated }
}

function parsed(raw: Omit<RawReply, 'body'>): RawReply {
  try {
    return { ...raw, body: parseJson(raw.text) }
  } catch {
    return raw
  }
}

/** Shorter ones would be found in words that have nothing to do with them. */
const shortestSecret = 12

/** The answer as errors may quote it: a CRM may repeat our credentials in its complaint, and errors are written down. */
export function withoutSecrets(raw: RawReply, secrets: string[]): RawReply {
  const repeated = secrets.filter((secret) => secret.length >= shortestSecret && raw.text.includes(secret))
  if (repeated.length === 0) return raw
  const { body: _, ...rest } = raw
  return parsed({
    ...rest,
    text: repeated.reduce((text, secret) => text.replaceAll(secret, '…'), raw.text),
  })
}
