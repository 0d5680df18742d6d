import { readdirSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join, relative, sep } from 'node:path'
import type { Logger } from 'pino'
import send from 'send'

export type ServeFile = (req: IncomingMessage, res: ServerResponse, log: Logger, next: () => void) => void

/**
 * Serves the files that a folder holds now; every other address is for whoever is `next`. A file that is gone by the time it is
 * asked for, because somebody builds the pages anew under the running program, is a 404 and a line in the log.
 */
export function startFiles(folder: string): ServeFile {
  const known = new Set(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => `/${relative(folder, join(parentPath, name)).split(sep).join('/')}`),
  )
  return (req, res, log, next) => {
    const [path = ''] = req.url?.split('?') ?? []
    if ((req.method !== 'GET' && req.method !== 'HEAD') || !known.has(path)) return next()
    send(req, path, { root: folder, index: false, cacheControl: false })
      .on('headers', () => {
        res.setHeader('cache-control', keepFor(path))
        if (path === speculationRules) res.setHeader('content-type', 'application/speculationrules+json')
      })
      .on('error', ({ status = 500 }: { status?: number }) => {
        if (status !== 416) log.warn({ path }, 'file.gone')
        if (res.headersSent) res.destroy()
        else refuse(res, status)
      })
      .pipe(res)
  }
}

/**
 * Which pages a browser asks for while the button of the mouse is still going up, a tenth of a second ahead; no sooner, for a page
 * says what holds at the moment it was made. Browsers take the rules under this kind alone
 * (https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Speculation-Rules, read 2026-11-21).
 */
export const speculationRules = '/speculation-rules.json'

/** Files whose name carries their hash never change; others are asked for again. */
const keepFor = (path: string) =>
  path.startsWith('/_/') ? 'public, max-age=31536000, immutable' : 'no-cache'

/** What was said of the file does not hold for the words instead. */
function refuse(res: ServerResponse, status: number): void {
  for (const name of ['content-length', 'content-range', 'accept-ranges', 'etag', 'last-modified'])
    if (status !== 416 || name !== 'content-range') res.removeHeader(name)
  res.setHeader('cache-control', 'no-store')
  res.setHeader('content-type', 'text/plain; charset=utf-8')
  res.statusCode = status
  res.end(status === 416 ? 'There is no such part of this file.\n' : 'This file is not here any more.\n')
}
