import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { clientAddress } from './address.ts'
import { compress } from './compress.ts'
import { allowedHosts, hostnameOf, refuseOpenHost } from './hosts.ts'
import { startServices, type Services, type WebParts } from './services.ts'
import { startMetrics } from './metrics.ts'
import { newRequestId } from './request-id.ts'
import { answerShort } from './short-way.ts'
import { shownPath } from './shown-path.ts'
import { pagePolicy, plainHeaders, strictTransport } from './security-headers.ts'
import { startFiles } from './static-files.ts'

/** What Astro's built entry exports in middleware mode. */
type AstroHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  next: undefined,
  locals: Partial<App.Locals>,
) => Promise<void>

export type Web = {
  /** Where the pages are, such as `http://127.0.0.1:4321`. */
  url: string
  /** Stops listening, lets requests under way end, then cuts what is left. */
  close: () => Promise<void>
}

/** Requests under way get this long when the program stops. */
const goodbyeMs = 10_000

const built = new URL('../../dist/', import.meta.url)

/**
 * Serves the built pages. Throws when they are not built, and when people would reach them over a network in the open.
 */
export async function startWeb(parts: WebParts): Promise<Web> {
  const { config, database, log, demoPeople = [] } = parts
  refuseOpenHost(config)
  const render = await loadPages()
  const sayStray = (reason: unknown) => log.error({ err: reason }, 'a rejection that nobody handled')
  process.on('unhandledRejection', sayStray)
  const metrics = startMetrics(database)
  const hosts = allowedHosts(config)
  const headers = [...plainHeaders, ...strictTransport(config)]
  const files = startFiles(fileURLToPath(new URL('client', built)))
  const ready = Promise.withResolvers<Services>()
  // Whoever waits for it hears of its failure; startWeb throws it, too.
  ready.promise.catch(() => undefined)

  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000 })
  server.on('request', (req, res) => {
    const locals: Partial<App.Locals> = {
      database,
      config,
      metrics,
      log,
      now: new Date(),
      requestId: newRequestId(),
      address: clientAddress(req, config.TRUSTED_PROXIES),
      demoPeople,
      connectors: parts.connectors,
    }
    // For the sign-in library, which keeps it with each session; whatever a stranger wrote there is gone.
    req.headers['x-tidemark-address'] = locals.address
    locals.log = log.child({ request_id: locals.requestId })
    for (const [name, value] of headers) res.setHeader(name, value)
    res.setHeader('x-request-id', locals.requestId ?? '')
    res.once('close', () => {
      record(req, res, locals)
      // While stopping, a connection that a browser keeps open must not hold the program.
      if (!server.listening) setImmediate(() => server.closeIdleConnections())
    })

    const refusal = refuse(req, hosts)
    if (refusal) return say(res, refusal.status, refusal.words)
    compress(req, res, () =>
      files(req, res, locals.log ?? log, () => {
        answer(req, res, locals).catch((error: unknown) => {
          locals.log?.error({ err: error }, 'request failed outside the pages')
          if (res.headersSent) res.destroy()
          else say(res, 500, `We couldn't load this. Reference ${locals.requestId}.`)
        })
      }),
    )
  })
  const answer = async (req: IncomingMessage, res: ServerResponse, locals: Partial<App.Locals>) => {
    Object.assign(locals, await ready.promise)
    // Everything that the two ways need is there by now.
    if (await answerShort(req, res, locals as App.Locals)) return
    if (!req.url?.startsWith('/api/')) res.setHeader('content-security-policy', pagePolicy)
    await render(req, res, undefined, locals)
  }
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
  })

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.PORT, config.HOST, resolve)
  })
  const { address, family, port } = server.address() as AddressInfo
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
  const publicUrl = config.PUBLIC_URL === undefined ? url : new URL(config.PUBLIC_URL).origin
  const { services, endStreams, closeServices } = await startServices(parts, publicUrl).catch(
    (error: unknown) => {
      server.close()
      ready.reject(error)
      throw error
    },
  )
  ready.resolve(services)
  log.info({ url }, 'pages are served')

  return {
    url,
    close: async () => {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()))
      await endStreams()
      server.closeIdleConnections()
      const cut = setTimeout(() => server.closeAllConnections(), goodbyeMs)
      await ended
      clearTimeout(cut)
      await closeServices()
      process.off('unhandledRejection', sayStray)
    },
  }
}

async function loadPages(): Promise<AstroHandler> {
  const entry = new URL('server/entry.mjs', built)
  if (!existsSync(entry)) throw new Error('The pages are not built. Run: npm run build')
  const before = process.listeners('unhandledRejection')
  const { handler } = (await import(entry.href)) as { handler: AstroHandler }
  // Astro's adapter listens for rejections that nobody handled and says nothing of those outside a request.
  for (const listener of process.listeners('unhandledRejection')) {
    if (!before.includes(listener)) process.off('unhandledRejection', listener)
  }
  return handler
}

function refuse(req: IncomingMessage, hosts: Set<string>): { status: number; words: string } | undefined {
  // A page elsewhere whose name was pointed at this machine (DNS rebinding) still names itself here.
  const hostname = hostnameOf(req.headers.host)
  if (hostname === undefined || !hosts.has(hostname)) {
    return {
      status: 421,
      words: `This server does not answer for ${req.headers.host ?? 'a request without a Host header'}.`,
    }
  }
  // An empty part in the middle of a path would reach Astro's router as a failure.
  const path = req.url?.split('?')[0] ?? ''
  if (!path.startsWith('/') || path.includes('//')) return { status: 400, words: 'Malformed address.' }
  // The standard's Request, in which the pages get what was asked, cannot be made of these.
  if (/^(CONNECT|TRACE|TRACK)$/i.test(req.method ?? ''))
    return { status: 405, words: `Nothing here answers to ${req.method}.` }
  return undefined
}

function say(res: ServerResponse, status: number, words: string): void {
  res.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${words}\n`)
}

function record(req: IncomingMessage, res: ServerResponse, locals: Partial<App.Locals>): void {
  const durationMs = Date.now() - (locals.now?.getTime() ?? Date.now())
  const route = locals.route ?? (res.statusCode < 400 ? 'static' : 'unmatched')
  const method = req.method ?? ''
  // How long a stream stood open is not how long an answer took.
  const isStream = res.getHeader('content-type') === 'text/event-stream'
  if (!isStream) locals.metrics?.observe({ route, method, status: res.statusCode, durationMs })
  // What stands in the place of a token opens something.
  const path = shownPath(route.includes('[token]') ? route : (req.url?.split('?')[0] ?? ''))
  const line = {
    method,
    path,
    route,
    status: res.statusCode,
    duration_ms: durationMs,
    cut: !res.writableEnded,
  }
  locals.log?.[res.statusCode >= 500 ? 'warn' : 'info'](line, 'request')
}
