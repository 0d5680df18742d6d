import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import pg from 'pg'
import { startEmbedded } from '../../drizzle/embedded.ts'
import { migrate } from '../../drizzle/migrate.ts'
import { seal } from '../../drizzle/seal.ts'
import { createWebhookKeys, signingField, tokenDigest } from '../../src/server/webhook-keys.ts'
import type { Answers, Burst } from './burst.ts'

// npm run build && npm run bench:webhooks
// How long a CRM waits for an answer to its webhooks, alone, in a burst, and above what is taken in.

const secret = 'a secret of the benchmark, thirty-two bytes or more'
const signing = 'what the CRM signs with'
const account = 62_515
const place = {
  tenantId: '00000000-0000-4000-8000-000000000001',
  connectionId: '00000000-0000-4000-8000-000000000002',
}

const durable = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }
const postgres = await startEmbedded({ fresh: true, settings: durable })
const client = new pg.Client(postgres.url)
const children: ChildProcess[] = []
const lines: ({ what: string; stored: number } & Answers)[] = []
try {
  await migrate(postgres.url)
  await client.connect()
  const path = await makeAddress()
  const [{ url }] = (await once(start('../due/serve.ts', [postgres.url]), 'message')) as [{ url: string }]
  // As it knows itself when nobody has said where it is reached.
  const address = `${url}${path}`
  const burst = { address, secret: signing, account, eventsEach: 1 }
  await measure('warm-up', { ...burst, requests: 400, seconds: 4 })
  await measure('one event a request, 50 a second', { ...burst, requests: 500, seconds: 10 })
  await measure('10,000 events in 10 s, 20 a request', {
    ...burst,
    requests: 500,
    eventsEach: 20,
    seconds: 10,
  })
  await measure('10,000 events in 10 s, one a request', { ...burst, requests: 10_000, seconds: 10 })
  report()
} finally {
  for (const child of children) if (child.connected) child.disconnect()
  await client.end()
  await postgres.stop()
}

function start(program: string, args: string[]): ChildProcess {
  const child = fork(`${import.meta.dirname}/${program}`, args)
  children.push(child)
  return child
}

async function makeAddress(): Promise<string> {
  const keys = await createWebhookKeys(secret)
  const salt = randomBytes(16)
  const token = keys.tokenOf(place, salt)
  const { keyId, sealed } = await seal(keys.sealingKey, { ...place, field: signingField }, signing)
  await client.query(`insert into tenants (id, slug, name) values ($1, 'bench', 'Bench')`, [place.tenantId])
  await client.query(
    `insert into connections (tenant_id, id, connector, name) values ($1, $2, 'hubspot', 'HubSpot')`,
    [place.tenantId, place.connectionId],
  )
  await client.query(
    `insert into webhook_addresses (tenant_id, connection_id, salt, token_hash, account, signing_key_id, signing_sealed)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [place.tenantId, place.connectionId, salt, tokenDigest(token), String(account), keyId, sealed],
  )
  return `/api/v1/webhooks/${token}`
}

/** Sends a burst to a connection for which nothing waits, and counts what was stored of it. */
async function measure(what: string, burst: Omit<Burst, 'from'>): Promise<void> {
  await client.query('truncate nudges')
  const child = start('burst.ts', [])
  child.send({ ...burst, from: lines.length * 1_000_000 } satisfies Burst)
  const [answers] = (await once(child, 'message')) as [Answers]
  child.disconnect()
  const { rows } = await client.query<{ stored: number }>('select count(*)::int as stored from nudges')
  const line = { what, ...answers, stored: rows[0]?.stored ?? 0 }
  lines.push(line)
  const { p50, p95, most, byStatus, stored } = line
  console.log(
    `${what}: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)}, longest ${most.toFixed(1)}, answers ${JSON.stringify(byStatus)}, ${stored} stored`,
  )
}

function report(): void {
  mkdirSync('artifacts', { recursive: true })
  const machine = { cores: cpus().length, model: cpus()[0]?.model, load: loadavg() }
  writeFileSync('artifacts/bench-webhooks.json', JSON.stringify({ at: new Date(), machine, lines }, null, 2))
}
