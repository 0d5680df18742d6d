import { setTimeout as sleep } from 'node:timers/promises'
import pRetry, { AbortError } from 'p-retry'
import { Pool } from 'undici'
import type { Access, Secrets } from './access-token.ts'
import { guardedConnector } from './address.ts'
import type { AnyConnector, RawReply, Reply, Request, StreamName } from './connectors/connector.ts'
import { FatalError, RetriableError, StoppedError, StreamError, type SyncError } from './errors.ts'
import { send, understand, withoutSecrets, type Outgoing } from './send.ts'
import { statusFault } from './status-fault.ts'

/** One answer with its bytes as they came, after inflation. */
export type Answer = { request: Request; reply: Reply; bytes: Buffer; receivedAt: Date }

/** What a run learns from its requests besides the answers. */
export type Traffic = { requests: number; retries: number; bytes: number }

export type Fetcher = {
  /**
   * Asks the CRM: 1 call and up to 3 retries. Throws a `SyncError` when no usable answer came. `go` is called each time right before
   * the request goes out, when it is its turn; what it throws keeps it back.
   */
  ask: (request: Request, stream: StreamName, go?: () => Promise<void>) => Promise<Answer>
  traffic: Traffic
  /** How far the CRM's clock is ahead of ours, by its last answer (RFC 9110 §6.6.1, whole seconds); 0 until it told. */
  crmAheadMs: () => number
  close: () => Promise<void>
}

type FetcherOptions = {
  connector: AnyConnector
  settings?: never
  baseUrl: string
  secrets: Secrets
  /** Gives the secrets in their place, where access ends by itself. */
  access?: Access
  allowPrivateHosts: boolean
  /** Waits until the connection may spend so much again (see `rate-limit.ts`). */
  turn: (cost: number, units: number) => Promise<void>
  /** Hears the day's limit when the CRM tells it. */
  tell?: (limit: number) => void
  /** Counts what is not counted yet. */
  settle?: () => Promise<void>
  /** Throws what keeps a stream from asking: our share of the CRM's day is used. What people want written is never kept back. */
  holdBack?: ((stream: StreamName) => void) | undefined
  /** The CRM asked for silence; all workers keep it. */
  quiet: (ms: number) => Promise<void>
  stopping: AbortSignal
  /** Waits between the tries, before jitter. Default 1, 2 and 4 seconds. */
  retryWaitsMs?: readonly number[]
  timeoutMs?: number
}

/** The longest `Retry-After` that a run sits out; beyond it the run ends and the next one comes later. */
export const longestWaitMs = 120_000

/** The one place that asks a CRM for records. */
export function createFetcher(options: FetcherOptions): Fetcher {
  const base = new URL(options.baseUrl.endsWith('/') ? options.baseUrl : `${options.baseUrl}/`)
  const pools = new Map<string, Pool>()
  const poolOf = ({ origin }: URL): Pool => {
    const known = pools.get(origin)
    if (known !== undefined) return known
    const connect = guardedConnector(options.allowPrivateHosts)
    const pool = new Pool(origin, { connect, connections: 4, pipelining: 1 })
    pools.set(origin, pool)
    return pool
  }
  const traffic: Traffic = { requests: 0, retries: 0, bytes: 0 }
  const waits = options.retryWaitsMs ?? [1_000, 2_000, 4_000]
  let crmAheadMs = 0
  /** Why the last answer was enough for a pass: it is kept, and the next request is not made. */
  let enough: SyncError | null = null
  const mayAsk = (stream: StreamName) => {
    if (options.holdBack === undefined) return
    if (enough !== null) throw enough
    options.holdBack(stream)
  }

  const ask: Fetcher['ask'] = (request, stream, go) =>
    pRetry(
      (nth) =>
        signed(options, async (secrets) => {
          if (go === undefined) mayAsk(stream)
          await options.turn(request.cost ?? 1, request.units ?? 1)
          traffic.requests += 1
          await go?.()
          const home = homeOf(options, secrets) ?? base
          const answer = await once(poolOf(home), home, options, secrets, request, stream, nth, traffic)
          crmAheadMs = aheadMs(answer)
          const limit = options.connector.quota.told(answer.reply.headers)
          if (limit !== null) options.tell?.(limit)
          enough = options.connector.enough?.(answer.reply, options.settings as never) ?? null
          return answer
        }),
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

  const close = async () => {
    await options.settle?.().catch(() => undefined)
    await Promise.all([...pools.values()].map((pool) => pool.destroy()))
  }
  return { ask, traffic, crmAheadMs: () => crmAheadMs, close }
}

/**
 * Where the CRM said that this account's API is; null where it says nothing. Our tokens go there, so it has to be the CRM's own
 * domain, except where the installation talks to private hosts.
 */
export function homeOf(
  { connector, allowPrivateHosts }: Pick<FetcherOptions, 'connector' | 'allowPrivateHosts'>,
  secrets: Secrets,
): URL | null {
  const { fields, home } = connector.tokens ?? {}
  const said = fields?.home === undefined ? undefined : secrets[fields.home]
  if (home === undefined || !said) return null
  const url = URL.parse(home.path, said)
  const isWithin = url?.protocol === 'https:' && `.${url.hostname}`.endsWith(`.${home.within}`)
  if (url === null || (!isWithin && !allowPrivateHosts))
    throw new FatalError('E_SETTINGS', `${connector.label} sent us to an address outside ${home.within}`)
  return url
}

function aheadMs({ reply: { headers }, receivedAt }: Answer): number {
  const toldMs = typeof headers.date === 'string' ? Date.parse(headers.date) : Number.NaN
  return Number.isNaN(toldMs) ? 0 : toldMs - receivedAt.getTime()
}

/** One try: with the secrets as they are, or, where access ends by itself, again with renewed ones when it was refused. */
async function signed(
  { secrets, access }: FetcherOptions,
  attempt: (secrets: Secrets) => Promise<Answer>,
): Promise<Answer> {
  if (access === undefined) return attempt(secrets)
  const current = await access.current()
  try {
    return await attempt(current)
  } catch (error) {
    if (!(error instanceof FatalError && error.code === 'E_AUTH_REVOKED')) throw error
    return attempt(await access.insteadOf(current))
  }
}

async function once(
  pool: Pool,
  base: URL,
  options: FetcherOptions,
  secrets: Secrets,
  request: Request,
  stream: StreamName,
  nth: number,
  traffic: Traffic,
): Promise<Answer> {
  const { connector, settings, timeoutMs = 60_000, stopping } = options
  const received = await send(
    pool,
    outgoing(base, request, connector.authorise(secrets)),
    timeoutMs,
    stopping,
  )
  traffic.bytes += received.bytes.length
  const { raw, inflated } = understand(received)
  const told = withoutSecrets(raw, Object.values(secrets))
  const said = connector.fault(told, stream, settings as never, nth)
  // What passes by itself, and what concerns more than this request, such as a day's limit, is none of its own refusals.
  // What did not pass by itself at the second try, such as a query that runs for too long, is one after all.
  const didNotPass = said instanceof RetriableError && said.code === 'E_CRM_DOWN' && nth > 1
  const isRefusal =
    refusalsOf(request).includes(raw.status) && (said === null || said instanceof StreamError || didNotPass)
  const isRead = raw.status < 300 ? readable[request.accepts ?? 'json'] : isJson
  const problem = isRefusal
    ? null
    : (said ??
      statusFault(told, stream) ??
      (isRead(raw) || (request.mayBeEmpty === true && raw.text === '') ? null : notJson(raw)))
  if (problem !== null) throw problem
  const { text: _, ...reply } = raw
  const body = isRead === isJson ? raw.body : raw.text
  return { request, reply: { ...reply, body }, bytes: inflated, receivedAt: new Date() }
}

function outgoing(base: URL, request: Request, proof: Record<string, string>): Outgoing {
  const url = new URL(request.path, base)
  for (const [key, value] of Object.entries(request.query ?? {})) url.searchParams.set(key, value)
  return {
    method: request.method,
    path: `${url.pathname}${url.search}`,
    headers: {
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(request.accepts !== undefined && { accept: request.accepts === 'csv' ? 'text/csv' : '*/*' }),
      ...proof,
    },
    body: request.body === undefined ? null : JSON.stringify(request.body),
  }
}

const isJson = (raw: RawReply): boolean => 'body' in raw
const isCsv = ({ headers }: RawReply): boolean => String(headers['content-type']).startsWith('text/csv')
/** Texts may be pieces of HTML; whole pages come from gateways and sign-in forms. */
const isText = ({ text }: RawReply): boolean => text.trim() !== '' && !/^\s*<(!doctype|html)\b/i.test(text)
const readable = { json: isJson, csv: isCsv, text: isText }

const refusalsOf = ({ mayBeRefused = [] }: Request): readonly number[] =>
  mayBeRefused === true ? [403, 404] : mayBeRefused

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
