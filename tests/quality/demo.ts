import { spawn, type ChildProcess } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { endLater } from './ending.ts'

export type Demo = {
  url: string
  /** `/w/{slug}` of the client with the most records. */
  home: string
  /** Signed in as an admin of it. */
  cookie: { name: string; value: string }
  /** Where its data is. */
  folder: string
  stop: () => Promise<void>
}

const root = join(import.meta.dirname, '../..')
const patienceMs = 180_000

/** The whole program, as `npm start` starts it, over a database of its own, once the first copy of every invented client is there. */
export async function startDemo(): Promise<Demo> {
  const { folder, remove } = await demoFolder()
  const demo = await runDemo(root, folder).catch(async (error: unknown) => {
    await remove()
    throw error
  })
  return {
    ...demo,
    stop: async () => {
      await demo.stop()
      await remove()
    },
  }
}

/** A folder for the data of a demo; gone when this program is told to end. */
export async function demoFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-quality-'))
  // Root's Postgres runs as another user; kept out, it would leave its files somewhere else.
  await chmod(folder, 0o711)
  return { folder, remove: endLater(() => rm(folder, { recursive: true, force: true })) }
}

/** The same out of any checkout of the program; what it has copied stays in `folder` when it is stopped. */
export async function runDemo(checkout: string, folder: string): Promise<Demo> {
  const child = spawn(process.execPath, ['bin/tidemark.mjs', 'start'], {
    cwd: checkout,
    env: { ...process.env, TIDEMARK_DATA_DIR: folder, PORT: '0', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
    // Ctrl C is ours to hear: the program ends when it is told, after the browsers that look at it.
    detached: true,
  })
  watchOver(child, folder)
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  const stop = endLater(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const limit = setTimeout(() => child.kill('SIGTERM'), patienceMs)
  const said: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line)
    if (isComplete(said)) break
  }
  clearTimeout(limit)
  child.stdout.resume()
  const url = /(http:\S+)\/sign-in/.exec(said.join('\n'))?.[1]
  if (url === undefined || !isComplete(said)) {
    await stop()
    throw new Error(`the demo did not start:\n${said.join('\n')}`)
  }
  return { url, home: `/w/${largest(said)}`, cookie: await signIn(url), folder, stop }
}

/** Should this program die without a word, what it started is ended and cleared away all the same. */
function watchOver(child: ChildProcess, folder: string): void {
  const script =
    'cat >/dev/null; kill -TERM "$1" || exit 0; while kill -0 "$1"; do sleep 0.2; done; rm -rf "$2"'
  const watcher = spawn('/bin/sh', ['-c', script, 'watcher', String(child.pid), folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watcher.unref()
  child.once('exit', () => watcher.kill('SIGKILL'))
}

const clients = (said: readonly string[]) => said.flatMap((line) => /\/w\/([\w-]+)/.exec(line)?.[1] ?? [])
const copies = (said: readonly string[]) =>
  said.flatMap((line) => {
    const [, name = '', read = ''] = /^(.+): copied in .*\(([\d,]+) read/.exec(line) ?? []
    return name === '' ? [] : [{ name, read: Number(read.replaceAll(',', '')) }]
  })

function isComplete(said: readonly string[]): boolean {
  return clients(said).length > 0 && copies(said).length >= clients(said).length
}

function largest(said: readonly string[]): string {
  const [most] = copies(said).toSorted((a, b) => b.read - a.read)
  const line = said.find((one) => one.trim().startsWith(`${most?.name} `) && one.includes('/w/'))
  return clients([line ?? '']).at(0) ?? ''
}

/** What the demo answers to somebody who is signed in, or to a stranger. */
export function ask(demo: Demo, { path, isPublic }: { path: string; isPublic: boolean }): Promise<Response> {
  const headers = new Headers()
  if (!isPublic) headers.set('cookie', `${demo.cookie.name}=${demo.cookie.value}`)
  return fetch(demo.url + path, { headers })
}

/** As the first of the people on the sign-in page, who may do everything. */
async function signIn(url: string): Promise<Demo['cookie']> {
  const page = await (await fetch(`${url}/sign-in`)).text()
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(page)?.[1] ?? ''
  const answer = await fetch(`${url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: url },
    body: new URLSearchParams({ email: field('email'), password: field('password') }),
  })
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(answer.headers.getSetCookie()[0] ?? '') ?? []
  if (answer.status !== 303 || name === '') throw new Error(`nobody could sign in: ${answer.status}`)
  return { name, value }
}
