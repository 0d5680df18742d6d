import { createHash } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import pg from 'pg'
import { Pool } from 'undici'
import { tellCost } from './tell-cost.ts'

// The least that any worker on this machine does: each page fetched, kept compressed, hashed, and laid into one table of twenty
// columns with four indexes, a transaction a page. It knows no runs, no leases, no tenants, no money, no dates and no mistakes.
type Flat = Record<string, string | number | null>
const [baseUrl = '', databaseUrl = ''] = process.argv.slice(2)
const { origin, pathname } = new URL(baseUrl)
const pool = new Pool(origin, { connections: 1 })
const headers = { 'x-access-token': 'bench-token', 'x-web-key': 'CT_bench' }
const client = new pg.Client(databaseUrl)
await client.connect()
const columns = Array.from({ length: 18 }, (_, at) => `c${at}`)
await client.query(`
  create schema floor;
  create table floor.pages (id bigint generated always as identity primary key, body bytea not null);
  create table floor.records (key text primary key, hash bytea not null, ${columns.map((name) => `${name} text`).join()});
  create index on floor.records (c0); create index on floor.records (c1); create index on floor.records (c2)`)
const land = `
  insert into floor.records select * from unnest($1::text[], $2::bytea[], ${columns.map((_, at) => `$${at + 3}::text[]`).join()})
  on conflict (key) do update set hash = excluded.hash, ${columns.map((name) => `${name} = excluded.${name}`).join()}
  where records.hash is distinct from excluded.hash`

const startedMs = performance.now()
let records = 0
for (const operation of ['read_client_list', 'read_opportunity_list']) {
  let next = fetchPage(operation, 0)
  for (let offset = 0, total = 1; offset < total; offset += 100) {
    const text = await next
    const page = JSON.parse(text) as { TotalRecord: number; data: Flat[] }
    total = page.TotalRecord
    if (offset + 100 < total) next = fetchPage(operation, offset + 100)
    await landPage(operation, text, page.data)
    records += page.data.length
  }
}
const seconds = (performance.now() - startedMs) / 1_000
await client.query('drop schema floor cascade')
await Promise.all([pool.close(), client.end()])
tellCost({ status: 'landed', records, seconds })

async function fetchPage(operation: string, offset: number): Promise<string> {
  const path = `${pathname}${operation}?limit=100&offset=${offset}`
  const { body } = await pool.request({ method: 'GET', path, headers })
  return body.text()
}

async function landPage(operation: string, text: string, data: Flat[]): Promise<void> {
  const rows = data.map((record, at) => {
    const values = Object.values(record).map((value) => (value === null ? null : String(value)))
    const key = `${operation}:${values[0] ?? at}`
    return { key, hash: createHash('sha256').update(JSON.stringify(record)).digest(), values }
  })
  await client.query('begin')
  await client.query({
    name: 'page',
    text: 'insert into floor.pages (body) values ($1)',
    values: [zstdCompressSync(text)],
  })
  await client.query({
    name: 'land',
    text: land,
    values: [
      rows.map(({ key }) => key),
      rows.map(({ hash }) => hash),
      ...columns.map((_, at) => rows.map(({ values }) => values[at] ?? null)),
    ],
  })
  await client.query('commit')
}
