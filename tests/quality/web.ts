import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { endLater } from './ending.ts'

const preload = pathToFileURL(join(import.meta.dirname, 'stopped-date.ts')).href

/** The pages of a checkout over a database that somebody has filled; `folder` is the data directory it was filled from. */
export async function serveWeb({
  checkout,
  databaseUrl,
  folder,
  port,
  stoppedAt,
}: {
  checkout: string
  databaseUrl: string
  folder: string
  port: string
  stoppedAt: Date
}): Promise<{ url: string; stop: () => Promise<void> }> {
  const child = fork(join(checkout, 'bin/tidemark.mjs'), ['web'], {
    cwd: checkout,
    execArgv: ['--import', preload],
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      TIDEMARK_DATA_DIR: folder,
      TIDEMARK_WEB_SECRET_FILE: join(folder, 'web-secret'),
      TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: 'true',
      LOG_LEVEL: 'warn',
      PORT: port,
      STOPPED_AT: String(stoppedAt.getTime()),
    },
  })
  const ended = once(child, 'exit')
  const stop = endLater(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const [said] = (await Promise.race([once(child, 'message'), ended])) as [{ ready?: string } | null]
  const url = said?.ready
  if (url === undefined) throw new Error(`the pages of ${checkout} were not served`)
  return { url, stop }
}
