import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  runningEmbedded,
  startEmbedded,
  type Embedded,
  type EmbeddedOptions,
} from '../../drizzle/embedded.ts'

let root: string
let dataDir: string
const running: Embedded[] = []
const children: ChildProcess[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'embedded-test-'))
  await chmod(root, 0o755)
  dataDir = join(root, 'data')
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const database of running.splice(0)) await database.stop()
  // Clears what a killed supervisor of this test left, also when the test failed half-way.
  if (await stat(join(dataDir, 'database/cluster/PG_VERSION')).catch(() => undefined)) {
    await writeFile(join(dataDir, 'database/cluster/PG_VERSION'), '18\n')
    await (await startEmbedded({ dataDir })).stop()
  }
  const home = await realpath(join(dataDir, 'database')).catch(() => root)
  await rm(home, { recursive: true, force: true })
  await rm(root, { recursive: true, force: true })
})

async function start(options: EmbeddedOptions = { dataDir }): Promise<Embedded> {
  const database = await startEmbedded(options)
  running.push(database)
  return database
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(text)).rows as Record<string, unknown>[]
  } finally {
    await client.end()
  }
}

/** Starts the database in a process of its own, the way `npm start` does, and returns when it is up. */
async function supervise(): Promise<{ child: ChildProcess; url: string }> {
  const module = new URL('../../drizzle/embedded.ts', import.meta.url).href
  const program = `
    const { startEmbedded } = await import(${JSON.stringify(module)})
    console.log((await startEmbedded({ dataDir: ${JSON.stringify(dataDir)} })).url)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, url: line.toString().trim() }
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

async function serverPid(): Promise<number> {
  return Number((await readFile(join(dataDir, 'database/cluster/postmaster.pid'), 'utf8')).split('\n')[0])
}

async function isGone(pid: number, withinMs = 10_000): Promise<boolean> {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(50)) {
    if (!(await commandLines()).has(pid)) return true
  }
  return false
}

/** The command lines of all living processes; a zombie has none. Small systems have no `ps`, others no /proc. */
async function commandLines(): Promise<Map<number, string>> {
  if (process.platform !== 'linux') {
    const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,command='])
    return new Map(stdout.split('\n').map((line) => [Number.parseInt(line, 10), line]))
  }
  const lines = new Map<number, string>()
  for (const pid of await readdir('/proc')) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (words) lines.set(Number(pid), words.replaceAll('\0', ' '))
  }
  return lines
}

test('rows, port and password outlive a stop, and no process does', async () => {
  const first = await start()
  await query(first.url, 'create table tide (mark int); insert into tide values (7)')
  const pid = await serverPid()
  await first.stop()
  expect(await isGone(pid, 100)).toBe(true)
  const second = await start()
  expect(second.url).toBe(first.url)
  expect(await query(second.url, 'select mark from tide')).toEqual([{ mark: 7 }])
})

test('the server speaks UTF-8 and UTC, sorts by itself, and lets nobody in without the password', async () => {
  const { url, port } = await start({ dataDir, settings: { work_mem: '5MB' } })
  const [row] = await query(
    url,
    `select current_setting('server_encoding') encoding, current_setting('timezone') zone, current_setting('jit') jit,
       current_setting('listen_addresses') listens, current_setting('unix_socket_directories') sockets,
       current_setting('max_connections') connections, current_setting('work_mem') work_mem,
       current_setting('data_checksums') checksums,
       (select datlocprovider::text || ' ' || datlocale from pg_database where datname = 'tidemark') locale`,
  )
  expect(row).toEqual({
    encoding: 'UTF8',
    zone: 'UTC',
    jit: 'off',
    listens: '127.0.0.1',
    sockets: '',
    connections: '100',
    work_mem: '5MB',
    checksums: 'on',
    locale: 'b C.UTF-8',
  })
  await expect(query(`postgres://postgres:guess@127.0.0.1:${port}/tidemark`, 'select 1')).rejects.toThrow(
    /password authentication failed/,
  )
  expect((await stat(join(dataDir, 'database/password'))).mode & 0o777).toBe(0o600)
  expect((await stat(join(dataDir, 'database'))).mode & 0o777).toBe(0o700)
})

test('a second start on the same directory is refused at once, by name of who holds it', async () => {
  const { child, url } = await supervise()
  await expect(startEmbedded({ dataDir })).rejects.toThrow(`is in use by process ${child.pid}`)
  expect(await runningEmbedded(dataDir)).toBe(url)
  expect(await query(url, 'select 1 as up')).toEqual([{ up: 1 }])
  await kill(child)
  expect(await runningEmbedded(dataDir)).toBeUndefined()
})

test('of several starts at the same moment exactly one wins', async () => {
  await (await start()).stop()
  const attempts = await Promise.allSettled([start(), start(), start()])
  expect(attempts.filter((attempt) => attempt.status === 'fulfilled')).toHaveLength(1)
})

test('a server whose supervisor was killed stops by itself', async () => {
  const { child } = await supervise()
  const pid = await serverPid()
  await kill(child)
  expect(await isGone(pid)).toBe(true)
})

test('a start right after a kill -9 of the supervisor finds every committed row', async () => {
  const { child, url } = await supervise()
  await query(url, 'create table tide (mark int); insert into tide values (7)')
  await kill(child)
  expect(await query((await start()).url, 'select mark from tide')).toEqual([{ mark: 7 }])
})

test('a start after a kill -9 of supervisor and server recovers every committed row', async () => {
  const { child, url } = await supervise()
  await query(url, 'create table tide (mark int); insert into tide values (7)')
  process.kill(await serverPid(), 'SIGKILL')
  await kill(child)
  expect(await query((await start()).url, 'select mark from tide')).toEqual([{ mark: 7 }])
})

test('a server left running without any supervisor is stopped and the start goes on', async () => {
  const { child, url } = await supervise()
  await query(url, 'create table tide (mark int); insert into tide values (7)')
  const pid = await serverPid()
  // Killing the guard first leaves the server truly alone.
  for (const [other, line] of await commandLines()) {
    if (line.includes(` guard ${pid} `)) process.kill(other, 'SIGKILL')
  }
  await kill(child)
  expect(await isGone(pid, 500)).toBe(false)
  const lines: string[] = []
  const database = await start({ dataDir, log: (line) => lines.push(line) })
  expect(lines).toEqual(['stopped a database that a killed run had left behind'])
  expect(await query(database.url, 'select mark from tide')).toEqual([{ mark: 7 }])
})

test('a postmaster.pid whose number now belongs to another program does not stop the start', async () => {
  await (await start()).stop()
  const { uid, gid } = await stat(join(dataDir, 'database/cluster'))
  const stranger = spawn('/bin/sleep', ['60'], process.getuid?.() === 0 ? { uid, gid } : {})
  children.push(stranger)
  const pidFile = join(dataDir, 'database/cluster/postmaster.pid')
  await writeFile(
    pidFile,
    `${stranger.pid}\n${dataDir}/database/cluster\n1700000000\n5432\n\n127.0.0.1\n\nready\n`,
  )
  await start()
  expect(stranger.exitCode).toBeNull()
})

test('a claim whose number now belongs to another process does not stop the start', async () => {
  await (await start()).stop()
  await writeFile(
    join(dataDir, 'database/holder.json'),
    JSON.stringify({ pid: process.ppid, started: '1', since: 'long ago' }),
  )
  await start()
})

test('a busy port is replaced by a free one, which is kept', async () => {
  const first = await start()
  await first.stop()
  const squatter = createServer().listen(first.port, '127.0.0.1')
  await once(squatter, 'listening')
  const second = await start()
  expect(second.port).not.toBe(first.port)
  expect(await query(second.url, 'select 1 as up')).toEqual([{ up: 1 }])
  await second.stop()
  squatter.close()
  expect((await start()).port).toBe(second.port)
})

test('an initialisation that was cut off is done again', async () => {
  await mkdir(join(dataDir, 'database/cluster.unfinished/base'), { recursive: true })
  await writeFile(join(dataDir, 'database/cluster.unfinished/PG_VERSION'), '18\n')
  await mkdir(join(dataDir, 'database/cluster'))
  expect(await query((await start()).url, 'select 1 as up')).toEqual([{ up: 1 }])
  expect(await readdir(join(dataDir, 'database'))).not.toContain('cluster.unfinished')
})

test('a directory that holds something else is never overwritten', async () => {
  await mkdir(join(dataDir, 'database/cluster'), { recursive: true })
  await writeFile(join(dataDir, 'database/cluster/precious'), 'keep me')
  await expect(startEmbedded({ dataDir })).rejects.toThrow(/is not a complete database, so it was left alone/)
  expect(await readFile(join(dataDir, 'database/cluster/precious'), 'utf8')).toBe('keep me')
})

test('a cluster of another major version is left alone and named', async () => {
  await (await start()).stop()
  await writeFile(join(dataDir, 'database/cluster/PG_VERSION'), '17\n')
  await expect(startEmbedded({ dataDir })).rejects.toThrow(
    /made by Postgres 17, and this Tidemark brings Postgres 18/,
  )
})

test('a lost password is replaced without losing rows', async () => {
  const first = await start()
  await query(first.url, 'create table tide (mark int); insert into tide values (7)')
  await first.stop()
  await rm(join(dataDir, 'database/password'))
  const second = await start()
  expect(second.url).not.toBe(first.url)
  expect(await query(second.url, 'select mark from tide')).toEqual([{ mark: 7 }])
})

test('a very long path, and one closed to everybody else, hold a database', async () => {
  await chmod(root, 0o700)
  dataDir = join(root, 'a directory with spaces and ümlauts '.repeat(4), 'data')
  await (await start()).stop()
  expect((await stat(root)).mode & 0o777).toBe(0o700)
  expect(await query((await start()).url, 'select 1 as up')).toEqual([{ up: 1 }])
})

test('a fresh database leaves nothing behind', async () => {
  const { url, stop } = await start({ fresh: true })
  const [row] = await query(url, `select current_setting('data_directory') as cluster`)
  await stop()
  await expect(stat(join(String(row?.cluster), '../..'))).rejects.toThrow('ENOENT')
})
