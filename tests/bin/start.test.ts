import { execFileSync, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runningEmbedded } from '../../drizzle/embedded.ts'
import { stranger, type Visitor } from '../src/visitor.ts'
import { until } from '../support/until.ts'
import { hear, launch, tidemark } from './tidemark.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'start-test-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

type Tree = { child: ChildProcess; heard: { all: string }; address: string }

async function start(env: Record<string, string> = { PORT: '0' }): Promise<Tree> {
  // A world that stands still: whatever a second run writes would be our own doing.
  const child = launch(['start', '--changes-per-day', '0'], { TIDEMARK_DATA_DIR: dataDir, ...env })
  const heard = hear(child)
  await until(() => heard.all.includes('Press Ctrl-C') || child.exitCode !== null, saidBy(heard))
  return { child, heard, address: /Open (\S+)\/sign-in/.exec(heard.all)?.[1] ?? '' }
}

const saidBy = (heard: { all: string }) => () => `; the program said:\n${heard.all}`

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number> {
  const startedMs = Date.now()
  const closed = new Promise((done) => child.once('close', done))
  child.kill(signal)
  await closed
  return Date.now() - startedMs
}

type Member = { pid: number; args: string }

/** The program, everything it started, and every server on this data directory. */
function familyOf({ pid: root }: ChildProcess): Member[] {
  const lines = execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' }).split('\n').slice(1)
  const rows = lines.map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [])
  const family = new Set([String(root)])
  for (const [, pid = '', parent = ''] of rows) if (family.has(parent)) family.add(pid)
  return rows
    .filter(([, pid = '', , args = '']) => family.has(pid) || args.includes(dataDir))
    .map(([, pid = '', , args = '']) => ({ pid: Number(pid), args }))
}

function isAlive({ pid }: Member): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Kills the program alone; all that it started goes by itself. */
async function killed({ child, heard }: Tree): Promise<void> {
  const family = familyOf(child)
  expect(family.length).toBeGreaterThanOrEqual(5)
  await end(child, 'SIGKILL')
  await until(() => ![...family, ...familyOf(child)].some(isAlive), saidBy(heard))
}

async function query<Row extends pg.QueryResultRow>(statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: await runningEmbedded(dataDir) })
  await client.connect()
  try {
    return (await client.query<Row>(statement)).rows
  } finally {
    await client.end()
  }
}

const records = ['owners', 'stages', 'leads', 'contacts', 'opportunities', 'notes', 'activities']
/** Which transaction wrote each record last: the same list means that nothing was written. */
const writes = () =>
  query(
    `${records.map((table) => `select '${table}' as place, id, xmin::text as written from ${table}`).join(' union all ')}
     union all select 'versions', opportunity_id, xmin::text from opportunity_versions order by 1, 2, 3`,
  )
const haveSucceeded = async () =>
  (await query(`select connection_id from sync_runs where status = 'success' group by 1`)).length === 3

/** Presses the button of one of the demo's people, as the sign-in page has it. */
async function be(name: string, address: string) {
  const visitor = stranger(address)
  const page = await (await visitor.get('/sign-in')).text()
  const form = page.split('<form').find((part) => part.includes(`>${name}`)) ?? ''
  const value = (field: string) => new RegExp(`name="${field}" value="([^"]*)"`).exec(form)?.[1] ?? ''
  const answer = await visitor.post('/sign-in', { email: value('email'), password: value('password') })
  expect([answer.status, answer.headers.get('location')], name).toEqual([303, '/w'])
  return visitor
}

const clients = ['willow-hearth-home-care', 'copper-kettle-coffee', 'bright-ladder-painting']

async function triesPeople(address: string): Promise<void> {
  const people = JSON.parse(await readFile(join(dataDir, 'demo-people.json'), 'utf8')) as { name: string }[]
  expect(people).toHaveLength(7)
  expect((await stat(join(dataDir, 'demo-people.json'))).mode & 0o777).toBe(0o600)
  const seen: Record<string, number> = {}
  for (const { name } of people) {
    const visitor = await be(name, address)
    const answers = await Promise.all(clients.map((slug) => visitor.get(`/w/${slug}/sync`)))
    seen[name] = answers.filter(({ status }) => status === 200).length
  }
  expect(seen).toMatchObject({ 'Ana Ruiz': 3, 'Kofi Mensah': 1, 'Lena Fischer': 3 })
  const overview = async (visitor: Visitor) => {
    const answer = await visitor.get('/w/copper-kettle-coffee/overview')
    // Read to its end: the program is killed soon, and half an answer would be an error of ours.
    await answer.text()
    return answer.status
  }
  expect(await overview(await be('Ana Ruiz', address))).toBe(200)
  expect(await overview(await be('Lena Fischer', address))).toBe(403)
  expect(await overview(stranger(address))).toBe(303)
}

const ready = (address: string) =>
  fetch(`${address}/readyz`).then(
    async (answer) => (await answer.text()) !== '' && answer.status === 200,
    () => false,
  )

test(
  'the whole tree comes up, copies, survives, and leaves nothing behind',
  { timeout: 600_000 },
  async () => {
    // The power goes in the middle of the first copies: the next start goes on from there, at once.
    await killed(await start())
    const first = await start()
    await until(() => ready(first.address), saidBy(first.heard))
    // One by one: patience begins anew with each, because the three together take minutes on a slow machine.
    for (const copies of [1, 2, 3])
      await until(() => first.heard.all.split(': copied in').length > copies, saidBy(first.heard))
    await until(haveSucceeded, saidBy(first.heard))
    await triesPeople(first.address)
    const before = await writes()
    expect(before.length).toBeGreaterThan(3_000)

    // Beside it: a command uses the database that runs; a second tree is refused.
    const env = { TIDEMARK_DATA_DIR: dataDir, PORT: '0' }
    const beside = await tidemark(['sync', '--json'], env)
    expect(beside.err).toBe('')
    const ends = beside.out.split('\n').filter((line) => line.includes('connection.finished'))
    expect(ends).toHaveLength(3)
    for (const line of ends) expect(line).toContain('nothing had changed')
    expect(await writes()).toEqual(before)
    const second = await tidemark(['start'], env)
    expect([second.code, second.err]).toEqual([1, expect.stringMatching(/is in use by process \d+/)])

    // No secret is among the arguments, which everybody on the machine can read.
    const secret = (await readFile(join(dataDir, 'secret'), 'utf8')).trim()
    const password = new URL((await runningEmbedded(dataDir)) ?? '').password
    expect((await stat(join(dataDir, 'secret'))).mode & 0o777).toBe(0o600)
    for (const { args } of familyOf(first.child)) {
      expect(args).not.toContain(secret)
      expect(args).not.toContain(password)
    }

    // A worker that is killed comes back.
    const worker = execFileSync('ps', ['--ppid', String(first.child.pid), '-o', 'pid,args'], {
      encoding: 'utf8',
    })
    process.kill(Number(/^\s*(\d+) .*tidemark\.mjs worker$/m.exec(worker)?.[1]), 'SIGKILL')
    await until(
      () => first.heard.all.includes('The worker ended (SIGKILL); it starts again in 1 s.'),
      saidBy(first.heard),
    )
    await until(
      () => familyOf(first.child).some(({ args }) => args.endsWith('tidemark.mjs worker')),
      saidBy(first.heard),
    )

    // The power goes again: nothing is lost and nothing is doubled.
    await killed(first)
    const again = await start()
    await until(() => ready(again.address), saidBy(again.heard))
    await triesPeople(again.address)
    const after = await tidemark(['sync'], env)
    expect([after.code, after.err]).toEqual([0, ''])
    expect(after.out.split('nothing had changed')).toHaveLength(4)
    expect(await writes()).toEqual(before)

    const family = familyOf(again.child)
    expect(await end(again.child, 'SIGTERM')).toBeLessThan(10_000)
    expect(again.child.exitCode).toBe(0)
    expect(again.heard.all).toContain('Everything is stopped.')
    await until(() => ![...family, ...familyOf(again.child)].some(isAlive), saidBy(again.heard))
    for (const { heard } of [first, again]) {
      expect(heard.all).not.toContain(secret)
      expect(heard.all).not.toContain(password)
    }
  },
)

test('a port that somebody chose is never changed', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo
  const { code, err } = await tidemark(['start'], { TIDEMARK_DATA_DIR: dataDir, PORT: String(port) })
  server.close()
  expect(code).toBe(1)
  expect(err).toBe(`Another program listens on 127.0.0.1:${port}. Stop it, or set PORT to another number.\n`)
})
