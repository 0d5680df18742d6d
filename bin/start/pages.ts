import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Refusal } from '../exit.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Everything the built pages are made from. */
const sources = ['src', 'public', 'drizzle', 'astro.config.mjs', 'package-lock.json']

/** Builds the pages unless they are newer than everything they are made from. */
export async function buildPages(say: (line: string) => void, stopping: AbortSignal): Promise<void> {
  const builtMs = await timeOf(join(root, 'dist/server/entry.mjs'))
  const changedMs = Math.max(...(await Promise.all(sources.map((path) => newest(join(root, path))))))
  if (builtMs > changedMs) return
  const why = builtMs === 0 ? 'there are none yet' : 'something changed since the last time'
  say(`Building the pages (${why}); this takes some seconds.`)
  const astro = fileURLToPath(new URL('bin/astro.mjs', import.meta.resolve('astro/package.json')))
  const env = { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' }
  await promisify(execFile)(process.execPath, [astro, 'build', '--silent'], {
    cwd: root,
    env,
    signal: stopping,
  }).catch((error: unknown) => {
    if (stopping.aborted) return
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    const words = `${stdout}${stderr}`.trim().split('\n').slice(-15).join('\n')
    throw new Refusal(`The pages could not be built. Astro said:\n${words}`)
  })
}

/** The latest change below a path, in milliseconds; 0 when there is nothing. */
async function newest(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined)
  if (entries === undefined) return timeOf(path)
  const files = entries.filter((entry) => entry.isFile())
  return Math.max(
    0,
    ...(await Promise.all(files.map(({ parentPath, name }) => timeOf(join(parentPath, name))))),
  )
}

function timeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
}
