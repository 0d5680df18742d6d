import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp, type TestApp } from '../app.ts'
import { cast, emptyWorkspace } from '../lists/world.ts'
import { minutesAgo, type Connection } from '../seed.ts'

let app: TestApp
let writer: pg.Client
let tidewell: Connection

beforeAll(async () => {
  app = await startApp()
  writer = new pg.Client({ connectionString: app.databaseUrl })
  await writer.connect()
  tidewell = await emptyWorkspace(app.seed, 'tidewell')
  const people = await cast(app.seed, tidewell)
  for (let n = 0; n < 9; n += 1) {
    await app.seed.record('opportunities', tidewell, {
      title: `Deal ${n}`,
      status: 'open',
      stage_id: people.approved,
      amount_minor: 100_00,
      weighted_fee_minor: 100_00,
      currency: 'USD',
    })
    await app.seed.record('leads', tidewell, {
      name: `Lead ${n}`,
      is_prospect: true,
      stage_id: people.sent,
      source_created_at: minutesAgo(60 + n),
    })
    await app.seed.record('activities', tidewell, {
      kind: 'call',
      is_done: false,
      subject: `Call ${n}`,
      due_at: minutesAgo(-60 - n),
    })
    await app.seed.record('notes', tidewell, { body: `Note ${n}`, noted_at: minutesAgo(60 + n) })
  }
})

afterAll(async () => {
  await writer.end()
  await app.close()
})

/** Records go and come back while pages are read: each round leaves another number of them. */
async function whileWriting(table: string, work: () => Promise<void>): Promise<void> {
  const over = new AbortController()
  const writing = (async () => {
    for (let round = 0; !over.signal.aborted; round += 1)
      await writer.query(
        `update ${table} set deleted_at = case when n % 9 < $2 then now() end, deleted_because = case when n % 9 < $2 then 'flag' end
         from (select id, row_number() over (order by id) as n from ${table} where connection_id = $1) as o where o.id = ${table}.id`,
        [tidewell.id, round % 8],
      )
  })()
  try {
    await work()
  } finally {
    over.abort()
    await writing
  }
}

const count = (text: string, what: RegExp) => [...text.matchAll(what)].length

test.each([
  ['opportunities', 'pipeline?view=table', /data-result[^>]*>\s*(\d+) deals?/, /<tr id="d/g],
  ['opportunities', 'pipeline', /Open deals in[^<]*<\/dt>\s*<dd class="figure">\s*(\d+)/, /class="card"/g],
  ['opportunities', 'hot-list', /<p class="soft">(\d+) candidates?/, /<td data-label="Owner"/g],
  ['leads', 'leads', /data-result[^>]*>\s*(\d+) leads?/, /<tr id="l/g],
  ['notes', 'notes', /<p class="soft">(\d+) notes?/, /class="preview"/g],
])('while %s are written, the figures of %s are those of its rows', async (table, path, figure, row) => {
  const seen = new Set<string>()
  await whileWriting(table, async () => {
    for (let round = 0; round < 40; round += 1) {
      const text = await (await app.ana.get(`/w/tidewell/${path}`)).text()
      const said = figure.exec(text)?.[1] ?? '0'
      seen.add(said)
      expect(`${count(text, row)} rows`).toBe(`${said} rows`)
    }
  })
  expect(seen.size, 'something was written meanwhile').toBeGreaterThan(1)
})
