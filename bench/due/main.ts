import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { connect } from '../../drizzle/db.ts'
import { startEmbedded } from '../../drizzle/embedded.ts'
import { migrate } from '../../drizzle/migrate.ts'
import { readOpportunitiesDue } from '../../src/queries/opportunities-due.ts'
import type { Answered, Load } from './load.ts'
import { email, large, password, seed, small } from './seed.ts'

// npm run build && npm run bench:due -- --rows 1000000 --tenants 1000 --seconds 4 --times 3
// The first page of due actions and the completion of one, through the whole web as it is served, beside a bare server.

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    tenants: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '4' },
    times: { type: 'string', default: '3' },
    clients: { type: 'string', default: '10' },
  },
})
const [rows, tenants, seconds, times, clients] = [
  values.rows,
  values.tenants,
  values.seconds,
  values.times,
  values.clients,
].map(Number) as [number, number, number, number, number]

const durable = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }
const postgres = await startEmbedded({
  fresh: true,
  settings: { ...durable, max_wal_size: '8GB', shared_buffers: '1GB' },
})
const client = new pg.Client(postgres.url)
const children: ChildProcess[] = []
const lines: ({ what: string } & Omit<Answered, 'bytes'> & { bytes: number; serverCpuMs: number })[] = []
try {
  await migrate(postgres.url)
  await client.connect()
  const [key = '', ...keys] = await seed(client, rows, tenants)
  await timeQuery()
  const web = await start('serve.ts', [postgres.url])
  const cookie = await signIn(web.url)
  const people = { cookie, 'x-tenant-id': large.slug }
  const due = '/api/v1/opportunities/due'
  for (const dates of ['parsed', 'as text']) {
    const bare = await start('bare.ts', [postgres.url, large.id, dates])
    await measure(`bare node:http + pg, dates ${dates}`, bare, [get('/', {})])
    bare.child.disconnect()
  }
  await measure('API with a session, one large tenant', web, [get(due, people)])
  await measure(
    'API with a key, many tenants',
    web,
    keys.map((one) => get(due, { authorization: `Bearer ${one}` })),
  )
  await measure('API with a key, one large tenant', web, [get(due, { authorization: `Bearer ${key}` })])
  await measure('complete_action with a session', web, await completions(people))
  await measure('complete_action with a key', web, await completions({ authorization: `Bearer ${key}` }))
  await measure('page, one large tenant', web, [get(`/w/${large.slug}/due`, { cookie })])
  report()
} finally {
  for (const child of children) if (child.connected) child.disconnect()
  await client.end()
  await postgres.stop()
}

type Served = { url: string; child: ChildProcess }

async function start(program: string, args: string[]): Promise<Served> {
  const child = fork(`${import.meta.dirname}/${program}`, args)
  children.push(child)
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  return { url, child }
}

async function signIn(url: string): Promise<string> {
  const answer = await fetch(`${url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: url },
    body: new URLSearchParams({ email, password }),
  })
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
}

function get(path: string, headers: Record<string, string>): Load['requests'][number] {
  return { path, method: 'GET', headers }
}

/** One completion of each of many opportunities, so that none meets another. */
async function completions(headers: Record<string, string>): Promise<Load['requests']> {
  const found = await client.query<{ id: string }>(
    'select id from opportunities where tenant_id = $1 and next_action_at is not null order by id limit 30000',
    [large.id],
  )
  const body = JSON.stringify({
    new_next_action_at: new Date(Date.now() + 30 * 86_400_000).toISOString(),
    new_next_action_details: 'Send the agreement and call on Friday',
  })
  const sent = { ...headers, 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  return found.rows.map(({ id }) => ({
    path: `/api/v1/opportunities/${id}/complete_action`,
    method: 'POST',
    headers: sent,
    body,
  }))
}

async function measure(what: string, { url, child }: Served, requests: Load['requests']): Promise<void> {
  const run = async (forSeconds: number): Promise<Answered> => {
    const load = fork(`${import.meta.dirname}/load.ts`)
    load.send({ url, requests, clients, seconds: forSeconds } satisfies Load)
    const [answered] = (await once(load, 'message')) as [Answered]
    load.disconnect()
    return answered
  }
  await run(2)
  const all: (Answered & { serverCpuMs: number })[] = []
  for (let time = 0; time < times; time += 1) {
    const before = await cpuOf(child)
    const answered = await run(seconds)
    const cpuMs = ((await cpuOf(child)) - before) * 1_000
    all.push({ ...answered, serverCpuMs: cpuMs / (answered.perSecond * seconds) })
  }
  const median = all.toSorted((a, b) => a.perSecond - b.perSecond)[Math.floor(all.length / 2)]
  if (median === undefined) return
  lines.push({ what, ...median })
  const round = (value: number) => value.toFixed(2)
  console.log(
    `${what}: ${median.perSecond.toFixed(0)}/s (${all.map(({ perSecond }) => perSecond.toFixed(0)).join(', ')}), p50 ${round(median.p50)} ms, p95 ${round(median.p95)}, p99 ${round(median.p99)}, ${round(median.serverCpuMs)} ms of the server each, ${median.bytes} bytes, ${median.wrong} not 200`,
  )
}

async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu')
  const [{ cpuSeconds = 0 }] = (await once(child, 'message')) as [{ cpuSeconds?: number }]
  return cpuSeconds
}

/** The question alone, as the web asks it: transaction, tenant and statement in one way there and back. */
async function timeQuery(): Promise<void> {
  const onError = () => undefined
  const database = connect({
    url: postgres.url,
    role: 'tidemark_web',
    max: 1,
    statementTimeoutMs: 15_000,
    sendsAhead: true,
    onError,
  })
  for (const [what, ids] of [
    ['one large tenant', [large.id]],
    ['many tenants', Array.from({ length: tenants }, (_, nth) => small(nth).id)],
  ] as const) {
    const took: number[] = []
    for (let nth = 0; nth < 2_000; nth += 1) {
      const startedMs = performance.now()
      await readOpportunitiesDue(database, ids[nth % ids.length] ?? '', { most: 50, from: undefined })
      took.push(performance.now() - startedMs)
    }
    took.sort((a, b) => a - b)
    const median = took[1_000] ?? 0
    console.log(`query, ${what}: median ${median.toFixed(3)} ms, p95 ${(took[1_900] ?? 0).toFixed(3)} ms`)
    lines.push({
      what: `query, ${what}`,
      perSecond: 1_000 / median,
      p50: median,
      p95: took[1_900] ?? 0,
      p99: took[1_980] ?? 0,
      wrong: 0,
      bytes: 0,
      serverCpuMs: 0,
    })
  }
  await database.close()
}

function report(): void {
  mkdirSync('artifacts', { recursive: true })
  const machine = { cores: cpus().length, model: cpus()[0]?.model, load: loadavg() }
  writeFileSync(
    'artifacts/bench-due.json',
    JSON.stringify({ at: new Date(), machine, rows, tenants, seconds, clients, lines }, null, 2),
  )
}
