import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const lockfile = (version: string) =>
  JSON.stringify({
    packages: {
      '': { name: 'tidemark' },
      'node_modules/node': { version, integrity: `sha512-${version}` },
      'node_modules/only-elsewhere': { version: '1.0.0', integrity: 'sha512-x', optional: true },
    },
  })

/** What a good `npm ci` leaves, as a shell script: npm itself is the outside world here. */
const goodNpm = `
echo "$@" >> "$LEDGER"; echo "cache=$npm_config_cache path=$PATH" >> "$LEDGER.env"
rm -rf node_modules; mkdir -p node_modules/.bin; echo > node_modules/.bin/node
cp package-lock.json node_modules/.package-lock.json`

let clone: string

beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'bootstrap-test-'))
  await mkdir(join(clone, 'bin'))
  await copyFile(new URL('../../bin/bootstrap.mjs', import.meta.url), join(clone, 'bin/bootstrap.mjs'))
  await writeFile(join(clone, 'package-lock.json'), lockfile('26.0.0'))
  await npmIs(goodNpm)
})

afterEach(() => rm(clone, { recursive: true, force: true }))

async function npmIs(script: string): Promise<void> {
  await mkdir(join(clone, 'machine'), { recursive: true })
  await writeFile(join(clone, 'machine/npm'), `#!/bin/sh\n${script}\n`)
  await chmod(join(clone, 'machine/npm'), 0o755)
}

type Outcome = { code: number; output: string }

function bootstrap(env: Record<string, string> = {}): Promise<Outcome> {
  const path = [join(clone, 'node_modules/.bin'), join(clone, 'machine'), '/usr/bin', '/bin'].join(':')
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [join(clone, 'bin/bootstrap.mjs')],
      { env: { HOME: clone, PATH: path, LEDGER: join(clone, 'ledger'), ...env } },
      (_error, stdout, stderr) => done({ code: child.exitCode ?? -1, output: stdout + stderr }),
    )
  })
}

async function installations(): Promise<number> {
  const ledger = await readFile(join(clone, 'ledger'), 'utf8').catch(() => '')
  return ledger.split('\n').filter(Boolean).length
}

test('a fresh clone is installed once, and then left alone in silence', async () => {
  const first = await bootstrap()
  expect(first).toMatchObject({ code: 0, output: expect.stringContaining('there are no packages yet') })
  expect(await readFile(join(clone, 'ledger'), 'utf8')).toMatch(/^ci --include=dev/)
  expect(await bootstrap()).toEqual({ code: 0, output: '' })
  expect(await installations()).toBe(1)
})

test('a checkout that only touches the lockfile installs nothing', async () => {
  await bootstrap()
  const later = new Date(Date.now() + 3_600_000)
  await utimes(join(clone, 'package-lock.json'), later, later)
  expect(await bootstrap()).toEqual({ code: 0, output: '' })
})

test('a lockfile with another version installs again', async () => {
  await bootstrap()
  await writeFile(join(clone, 'package-lock.json'), lockfile('26.1.0'))
  expect((await bootstrap()).output).toContain('node_modules/node is not as in the lockfile')
  expect(await installations()).toBe(2)
})

test('an interrupted installation is done again', async () => {
  await mkdir(join(clone, 'node_modules/node'), { recursive: true })
  expect((await bootstrap()).output).toContain('the last installation did not finish')
  expect(await installations()).toBe(1)
})

test('a missing Node of our own installs again', async () => {
  await bootstrap()
  await rm(join(clone, 'node_modules/.bin/node'))
  expect(await bootstrap()).toMatchObject({
    code: 0,
    output: expect.stringContaining('Node that npm brings'),
  })
})

test('npm runs on the Node of the machine, not on the one it is about to delete', async () => {
  await bootstrap()
  expect(await readFile(join(clone, 'ledger.env'), 'utf8')).not.toContain('node_modules')
})

test('a home directory that cannot be written gets npm another cache', async () => {
  await writeFile(join(clone, 'home'), 'a file, so that even root cannot make a directory in it')
  expect(await bootstrap({ HOME: join(clone, 'home') })).toMatchObject({ code: 0 })
  expect(await readFile(join(clone, 'ledger.env'), 'utf8')).toMatch(/^cache=\S*tidemark-npm-/)
})

test.each([
  ['echo "npm error code ENOTFOUND" >&2; exit 1', 'the package registry was not reached'],
  ['echo "npm error code EACCES" >&2; exit 1', 'this user may not write to'],
  ['echo "npm error something odd" >&2; exit 7', 'npm ci ended with code 7'],
  ['mkdir node_modules', 'Install scripts must be allowed'],
])('npm failing by %j is said in a sentence, with its own words, and fails', async (script, sentence) => {
  await npmIs(script)
  const { code, output } = await bootstrap()
  expect(code).toBe(1)
  expect(output).toContain(`The packages could not be installed: `)
  expect(output).toContain(sentence)
})

test('a machine without npm is told what to install', async () => {
  const { code, output } = await bootstrap({ PATH: dirname(join(clone, 'nowhere/npm')) })
  expect(code).toBe(1)
  expect(output).toContain('npm was not found. Install Node.js 18 or newer together with npm.')
})
