import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { checkReplica } from '../../../bin/doctor/replica.ts'
import type { Database } from '../../../drizzle/db.ts'
import { startEmbedded, type Embedded } from '../../../drizzle/embedded.ts'
import { readPosition, type Position } from '../../../src/queries/position.ts'
import { followReplica } from '../../../src/server/replica.ts'
import { startStandby, type Standby } from '../../support/standby.ts'
import { startApp, type TestApp } from '../app.ts'
import { connectAsWeb } from '../place.ts'
import { seedTidewell, type Connection } from '../seed.ts'
import type { Visitor } from '../visitor.ts'

let primary: Embedded
let standby: Standby
let app: TestApp
let rep: Visitor
let tenantId: string
let connection: Connection
let lookAtReplica: pg.Client

beforeAll(async () => {
  // As a server is that somebody runs: what is committed is written out before anybody sees it.
  primary = await startEmbedded({ fresh: true, settings: { synchronous_commit: 'on' } })
  standby = await startStandby(primary.url)
  app = await startApp({}, { primaryUrl: primary.url, replicaUrl: standby.url })
  const tidewell = await seedTidewell(app.seed)
  tenantId = tidewell.tenantId
  connection = tidewell.connection
  await app.seed.record('opportunities', connection, { status: 'open', title: 'Kelso', probability: 0.9 })
  rep = await app.as('rep', tenantId)
  lookAtReplica = new pg.Client({ connectionString: standby.url })
  lookAtReplica.on('error', () => undefined)
  await lookAtReplica.connect()
})
afterAll(async () => {
  await lookAtReplica.end()
  await app.close()
  await standby.stop()
  await primary.stop()
})

/** The pages with a list, each with what the list shows. */
const lists = {
  overview: 'Kelso',
  leads: 'Marcus Oyelaran',
  pipeline: 'Columbus',
  'hot-list': 'Kelso',
  notes: 'Called back',
  schedule: 'Far',
  'due?whose=all': 'Late',
}
const pages = Object.keys(lists)

async function textOf(page: string): Promise<string> {
  const answer = await rep.get(`/w/tidewell/${page}`)
  const text = await answer.text()
  expect([page, answer.status]).toEqual([page, 200])
  return text
}

/** How many lists were read from each of the two. */
async function reads(): Promise<{ replica: number; database: number }> {
  const metrics = await (await fetch(`${app.url}/metrics`)).text()
  const of = (from: string) =>
    Number(new RegExp(`^tidemark_list_reads_total{from="${from}"} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0)
  return { replica: of('replica'), database: of('database') }
}

/** Asks for a page until its list comes from the replica, which a busy machine may keep from answering in time, and gives the page. */
async function readFromReplica(page: string): Promise<string> {
  let text = ''
  const isFromReplica = async () => {
    const before = await reads()
    text = await textOf(page)
    return (await reads()).replica - before.replica
  }
  await expect.poll(isFromReplica).toBe(1)
  return text
}

describe('a replica that keeps up', () => {
  test.each(Object.entries(lists))('is where the list of %s is read', async (page, shown) => {
    expect(await readFromReplica(page)).toContain(shown)
  })

  test('shows rows of the asked workspace alone', async () => {
    const other = await seedTidewell(app.seed, { slug: 'harbor', name: 'Harbor' })
    await app.seed.record('notes', other.connection, { body: 'CANARY of another', noted_at: new Date() })
    const text = await readFromReplica('notes')
    expect(text).toContain('Called back')
    expect(text).not.toContain('CANARY')
  })

  test('is never asked for a file, whose rows and line in the audit log are one', async () => {
    const before = await reads()
    expect((await app.ana.get('/w/tidewell/export/leads?format=csv')).status).toBe(200)
    expect(await reads()).toEqual(before)
  })
})

describe('a replica that is behind', () => {
  test('is not asked: what somebody just changed is on the next page', async () => {
    await readFromReplica('leads')
    await lookAtReplica.query('select pg_wal_replay_pause()')
    await app.seed.record('notes', connection, {
      body: 'Written a moment ago',
      noted_at: new Date(),
    })
    const before = await reads()
    expect(await textOf('notes')).toContain('Written a moment ago')
    expect(await reads()).toEqual({ ...before, database: before.database + 1 })
    await lookAtReplica.query('select pg_wal_replay_resume()')
    expect(await readFromReplica('notes')).toContain('Written a moment ago')
  })

  test('is said to the operator, and keeps not every page waiting', async () => {
    await readFromReplica('leads')
    const warnings = () => app.logged.filter(({ msg }) => msg === 'replica.left_alone').length
    const before = warnings()
    await lookAtReplica.query('select pg_wal_replay_pause()')
    await app.seed.client.query(`update tenants set name = name where id = $1`, [tenantId])
    for (const page of pages) await textOf(page)
    expect(warnings() - before).toBeGreaterThan(0)
    expect(warnings() - before).toBeLessThan(pages.length)
    await lookAtReplica.query('select pg_wal_replay_resume()')
  })
})

describe('a database that is no replica of ours', () => {
  const log = pino({ level: 'silent' })

  test('is not read: neither the replica of another, nor one that follows nobody', async () => {
    const url = new URL(standby.url)
    url.pathname = new URL(app.databaseUrl).pathname
    const replica = connectAsWeb(url.href)
    const read = (from: Database, position: Position) =>
      followReplica(from, log).read(position, () => Promise.resolve('read'))
    const here = await app.database.asTenant(tenantId, readPosition)
    await expect.poll(() => read(replica, here)).toEqual({ found: 'read' })
    expect(await read(replica, { ...here, cluster: '1' })).toBeNull()
    expect(await read(app.database, { ...here, lsn: '0/1' })).toBeNull()
    await replica.close()
  })

  test('is told by the doctor', async () => {
    expect(await checkReplica(primary.url, standby.url)).toMatchObject({ level: 'ok' })
    const wrong = { level: 'failed', words: 'it is no replica of this database' }
    expect(await checkReplica(primary.url, primary.url)).toMatchObject(wrong)
    expect(await checkReplica(inject('postgresUrl'), standby.url)).toMatchObject(wrong)
    const nowhere = 'postgres://tidemark:CANARY@127.0.0.1:1/tidemark'
    const away = await checkReplica(primary.url, nowhere)
    expect(away.level).toBe('noticed')
    expect(JSON.stringify(away)).not.toContain('CANARY')
  })
})

describe('a replica that is away', () => {
  test('costs no page', async () => {
    await readFromReplica('leads')
    await standby.stop()
    for (const page of pages) await textOf(page)
    const { database } = await reads()
    await textOf('leads')
    expect((await reads()).database).toBe(database + 1)
  })
})
