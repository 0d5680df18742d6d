import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { hashPassword } from 'better-auth/crypto'
import pg from 'pg'
import { startEmbedded } from '../../drizzle/embedded.ts'
import { migrate } from '../../drizzle/migrate.ts'
import { clusterCpuSeconds, processCpuSeconds } from '../cluster-cpu.ts'
import { otherTenantId, seedClient, slug, tenantId } from './seed.ts'

// npm run bench:pages -- --sizes 100000,1000000 --requests 200
// What a signed-in person waits for at the built pages over real HTTP, and what a page costs the two programs that make it, whatever
// else the machine does; beside a bare node:http page over the same database.

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '100000,1000000' },
    requests: { type: 'string', default: '200' },
    /** Parts of addresses; only the pages that hold one of them are asked for. */
    only: { type: 'string', multiple: true },
  },
})

const home = `/w/${slug}`
const pages = [
  `${home}/overview`,
  `${home}/due`,
  `${home}/leads`,
  `${home}/leads?period=all`,
  `${home}/pipeline`,
  `${home}/pipeline?view=table`,
  `${home}/pipeline?since=30d`,
  `${home}/hot-list`,
  `${home}/notes`,
  `${home}/notes?q=lender`,
  `${home}/schedule`,
  `${home}/sync`,
  `${home}/sync/runs`,
  '/w',
].filter((path) => values.only?.some((part) => path.includes(part)) ?? true)
const bars: Record<number, number> = { 100_000: 100, 1_000_000: 250 }

type Line = {
  opportunities: number
  page: string
  p50Ms: number
  p95Ms: number
  mostMs: number
  /** Of processor time, per page. */
  postgresCpuMs: number
  webCpuMs: number
  kB: number
  barMs: number | ''
}
const lines: Line[] = []
const loadBefore = loadavg()

for (const opportunities of values.sizes.split(',').map(Number)) {
  const postgres = await startEmbedded({ fresh: true, settings: { max_wal_size: '8GB' } })
  const children: ChildProcess[] = []
  try {
    await migrate(postgres.url)
    const client = new pg.Client(postgres.url)
    await client.connect()
    await seedClient(client, opportunities)
    const person = await addPerson(client)
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const server = rows[0]?.pid ?? 0
    const [web, bare] = [
      await start(children, 'web.ts', postgres.url),
      await start(children, 'bare.ts', postgres.url),
    ]
    const cookie = await signIn(web.url, person)
    const of = { opportunities, server, cookie }
    await measure({ ...of, page: 'bare node:http + pg', url: bare.url, program: bare.pid })
    for (const page of pages) await measure({ ...of, page, url: web.url + page, program: web.pid })
    await client.end()
  } finally {
    for (const child of children) child.disconnect()
    await postgres.stop()
  }
}
report()

async function start(children: ChildProcess[], program: string, databaseUrl: string) {
  const child = fork(`${import.meta.dirname}/${program}`, [databaseUrl], {
    execArgv: ['--max-semi-space-size=4'],
  })
  children.push(child)
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  return { url, pid: child.pid ?? 0 }
}

/** One after the other, as one person does; the first ten warm what is warm in a program that runs. */
async function measure(of: {
  opportunities: number
  page: string
  url: string
  cookie: string
  /** One process of the database, and the program that answers. */
  server: number
  program: number
}): Promise<void> {
  const { opportunities, page, url, cookie, server, program } = of
  const took: number[] = []
  const cpu = () => [clusterCpuSeconds(server), processCpuSeconds(program)] as const
  let before = cpu()
  let bytes = 0
  for (let request = -10; request < Number(values.requests); request += 1) {
    if (request === 0) before = cpu()
    const startedMs = performance.now()
    const answer = await fetch(url, { headers: { cookie, 'accept-encoding': 'gzip' }, redirect: 'manual' })
    bytes = (await answer.arrayBuffer()).byteLength
    if (answer.status !== 200) throw new Error(`${page} answered ${answer.status}`)
    if (request >= 0) took.push(performance.now() - startedMs)
  }
  const after = cpu()
  const perPage = (seconds: number) => round((seconds * 1_000) / took.length)
  const sorted = took.toSorted((a, b) => a - b)
  const at = (share: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN)
  const line = {
    opportunities,
    page,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    mostMs: at(1),
    postgresCpuMs: perPage(after[0] - before[0]),
    webCpuMs: perPage(after[1] - before[1]),
    kB: round(bytes / 1_024),
    barMs: bars[opportunities] ?? '',
  } as const
  lines.push(line)
  console.error(JSON.stringify(line))
}

type Person = { email: string; password: string }

async function addPerson(client: pg.Client): Promise<Person> {
  const person = { email: 'ana@example.com', password: 'low tide at nine' }
  const { rows } = await client.query<{ id: string }>(
    `insert into auth.users (id, name, email, email_verified) values (gen_random_uuid(), 'Ana Ruiz', $1, true) returning id`,
    [person.email],
  )
  const id = rows[0]?.id
  await client.query(
    `insert into auth.accounts (id, user_id, provider_id, account_id, password) values (gen_random_uuid(), $1::uuid, 'credential', $1::text, $2)`,
    [id, await hashPassword(person.password)],
  )
  await client.query(
    `insert into memberships (tenant_id, user_id, role) select t, $2, 'admin' from unnest($1::uuid[]) as t`,
    [[tenantId, otherTenantId], id],
  )
  return person
}

async function signIn(url: string, { email, password }: Person): Promise<string> {
  const answer = await fetch(`${url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: url },
    body: new URLSearchParams({ email, password }),
  })
  if (answer.status !== 303) throw new Error(`nobody could sign in: ${answer.status}`)
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
}

function report(): void {
  console.table(lines)
  mkdirSync('artifacts', { recursive: true })
  const machine = {
    cores: cpus().length,
    model: cpus()[0]?.model,
    node: process.version,
    loadBefore,
    loadAfter: loadavg(),
    at: new Date().toISOString(),
  }
  writeFileSync('artifacts/bench-pages.json', JSON.stringify({ machine, lines }, null, 2))
  console.log(`load before ${loadBefore.map(round).join(' ')}, after ${loadavg().map(round).join(' ')}`)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
