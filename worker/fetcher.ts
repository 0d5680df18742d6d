import { setTimeout as sleep } from 'node:timers/promises'
import pRetry, { AbortError } from 'p-retry'
import { Pool } from 'undici'
import { guardedConnector, PrivateAddressError } from './address.ts'
import { decode, inflate, mostBytes, parseJson, tooLarge } from './body.ts'
import type { AnyConnector, RawReply, Reply, Request, StreamName } from './connectors/connector.ts'
import { asSyncError, FatalError, RetriableError, StoppedError, StreamError, SyncError } from './errors.ts'

/** One answer with its bytes as they came, after inflation. */
export type Answer = { request: Request; reply: Reply; bytes: Buffer; receivedAt: Date }

/** What a run learns from its requests besides the answers. */
export type Traffic = { requests: number; retries: number; bytes: number }

export type Fetcher = {
  /** Asks the CRM: 1 call and up to 3 retries. Throws a `SyncError` when no usable answer came. */
  ask: (request: Request, stream: StreamName) => Promise<Answer>
  traffic: Traffic
  close: () => Promise<void>
}

type FetcherOptions = {
  connector: AnyConnector
  baseUrl: string
  secrets: Record<string, string>
  allowPrivateHosts: boolean
  /** Waits until the connection may call again (see `rate-limit.ts`). */
  turn: () => Promise<void>
  /** The CRM asked for silence; all workers keep it. */
  quiet: (ms: number) => Promise<void>
  stopping: AbortSignal
  /** Waits between the tries, before jitter. Default 1, 2 and 4 seconds. */
  retryWaitsMs?: readonly number[]
  timeoutMs?: number
}

/** The longest `Retry-After` that a run sits out; beyond it the run ends and the next one comes later. */
export const longestWaitMs = 120_000

/** The one place that calls a CRM. */
export function createFetcher(options: FetcherOptions): Fetcher {
  const base = new URL(options.baseUrl.endsWith('/') ? options.baseUrl : `${options.baseUrl}/`)
  const pool = new Pool(base.origin, {
    connect: guardedConnector(options.allowPrivateHosts),
    connections: 4,
    pipelining: 1,
  })
  const traffic: Traffic = { requests: 0, retries: 0, bytes: 0 }
  const waits = options.retryWaitsMs ?? [1_000, 2_000, 4_000]

  const ask: Fetcher['ask'] = (request, stream) =>
    pRetry(
      async () => {
        await options.turn()
        traffic.requests += 1
        return once(pool, base, options, request, stream, traffic)
      },
      {
        retries: waits.length,
        minTimeout: 0,
        maxTimeout: 0,
        signal: options.stopping,
        shouldRetry: ({ error }) =>
          error instanceof RetriableError && (error.retryAfterMs ?? 0) <= longestWaitMs,
        onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
          if (!(error instanceof RetriableError) || retriesLeft === 0) return
          const asked = error.retryAfterMs
          if (asked !== undefined && asked > longestWaitMs) return
          traffic.retries += 1
          if (asked !== undefined) await options.quiet(asked)
          const floor = waits[attemptNumber - 1] ?? 0
          await sleep(Math.max(asked ?? 0, floor * (0.75 + Math.random() / 2)), undefined, {
            signal: options.stopping,
          })
        },
      },
    ).catch((error: unknown) => {
      if (options.stopping.aborted) throw new StoppedError('the worker is stopping')
      throw error instanceof AbortError ? error.originalError : error
    })

  return { ask, traffic, close: () => pool.destroy() }
}

async function once(
  pool: Pool,
  base: URL,
  options: FetcherOptions,
  request: Request,
  stream: StreamName,
  traffic: Traffic,
): Promise<Answer> {
  const { bytes, ...head } = await send(pool, base, options, request)
  traffic.bytes += bytes.length
  const encoding = head.headers['content-encoding']
  const body = inflate(bytes, typeof encoding === 'string' ? encoding : undefined)
  const answer = understand({ ...head, text: decode(head.status >= 400 ? body.subarray(0, 4_096) : body) })
  const told = withoutSecrets(answer, Object.values(options.secrets))
  const problem = statusFault(options.connector, told, stream) ?? (isJson(answer) ? null : notJson(answer))
  if (problem !== null) throw problem
  return { request, reply: { ...head, body: answer.body }, bytes: body, receivedAt: new Date() }
}

/** Sends one request and reads its whole body, within one time limit: a limit per chunk never fires on a slow drip. */
async function send(pool: Pool, base: URL, options: FetcherOptions, request: Request) {
  const url = new URL(request.path, base)
  for (const [key, value] of Object.entries(request.query ?? {})) url.searchParams.set(key, value)
  try {
    const response = await pool.request({
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers: {
        accept: 'application/json',
        'accept-encoding': 'gzip',
        'user-agent': 'Tidemark',
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.connector.authorise(options.secrets),
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal: AbortSignal.any([AbortSignal.timeout(options.timeoutMs ?? 60_000), options.stopping]),
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
    throw transportFault(error)
  }
}

function transportFault(error: unknown): Error {
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
    isLate ? 'no complete answer within 60 s' : `${code ?? name}: ${message}`,
    undefined,
    { cause: error },
  )
}

/** Parses the text where it is JSON; what it means is decided afterwards. */
function understand(raw: Omit<RawReply, 'body'>): RawReply {
  try {
    return { ...raw, body: parseJson(raw.text) }
  } catch {
    return raw
  }
}

/** Shorter ones would be found in words that have nothing to do with them. */
const shortestSecret = 12

/** The answer as errors may quote it: a CRM may repeat our credentials in its complaint, and errors are written down. */
function withoutSecrets(raw: RawReply, secrets: string[]): RawReply {
  const repeated = secrets.filter((secret) => secret.length >= shortestSecret && raw.text.includes(secret))
  if (repeated.length === 0) return raw
  const { body: _, ...rest } = raw
  return understand({
    ...rest,
    text: repeated.reduce((text, secret) => text.replaceAll(secret, '…'), raw.text),
  })
}

const isJson = (raw: RawReply): boolean => 'body' in raw

function notJson({ status, headers, text }: RawReply): SyncError {
  const type = String(headers['content-type'] ?? 'no content type').slice(0, 60)
  if (text.trim() === '') return new StreamError('E_CRM_BAD_REPLY', `status ${status} with an empty body`)
  if (/^\s*</.test(text))
    return new StreamError('E_CRM_BAD_REPLY', `status ${status} with a page (${type}) instead of JSON`)
  return new RetriableError(
    'E_CRM_BAD_REPLY',
    `status ${status} with a body that is not JSON (${type}, ${text.length} characters)`,
  )
}

/** What a status means, after the connector has had its say. Decided before the body is believed. */
function statusFault(connector: AnyConnector, raw: RawReply, stream: StreamName): SyncError | null {
  const known = connector.fault(raw, stream)
  if (known !== null) return known
  const { status, headers } = raw
  if (status < 300) return null
  if (status < 400)
    return new StreamError('E_CRM_BAD_REPLY', `status ${status}: redirected; redirects are not followed`)
  if (status === 401) return new FatalError('E_AUTH_REVOKED', 'status 401')
  if (status === 403) return new StreamError('E_PERMISSION', `status 403 for ${stream}`)
  if (status === 429)
    return new RetriableError('E_RATE_LIMITED', 'status 429', retryAfterMs(headers['retry-after']))
  if (status >= 500 || status === 408 || status === 425) {
    return new RetriableError('E_CRM_DOWN', `status ${status}`, retryAfterMs(headers['retry-after']))
  }
  return new StreamError('E_CRM_BAD_REPLY', `status ${status} for ${stream}`)
}

/** `Retry-After` in milliseconds, from seconds or an HTTP date (RFC 9110 §10.2.3); undefined when absent, past or unreadable. */
export function retryAfterMs(header: string | string[] | undefined, now = Date.now()): number | undefined {
  if (typeof header !== 'string') return undefined
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now
  return ms > 0 ? ms : undefined
}
