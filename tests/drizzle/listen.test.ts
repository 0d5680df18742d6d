import { once } from 'node:events'
import { connect as connectSocket, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from 'vitest'
import { connect, type Database } from '../../drizzle/db.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let place: TestDatabase
let admin: pg.Client
let errors: Error[]
const open: Database[] = []
beforeAll(async () => {
  place = await createTestDatabase()
  admin = new pg.Client({ connectionString: place.url })
  await admin.connect()
})
afterAll(async () => {
  await admin.end()
  await place.drop()
})
beforeEach(() => {
  errors = []
})
afterEach(async () => {
  for (const db of open.splice(0)) await db.close()
})

function databaseAt(url: string): Database {
  const db = connect({
    url,
    role: 'tidemark_web',
    max: 1,
    statementTimeoutMs: 2_000,
    onError: (error) => errors.push(error),
  })
  open.push(db)
  return db
}

const say = (payload: string) => admin.query(`select pg_notify('Tide Marks', $1)`, [payload])

test('a listener hears again after its connection was lost, and is silent once stopped', async () => {
  const heard: string[] = []
  const stop = await databaseAt(place.url).listen('Tide Marks', (payload) => heard.push(payload))
  await say('one')
  await expect.poll(() => heard).toEqual(['one'])
  await admin.query(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
  )
  await expect.poll(() => errors.length).toBeGreaterThan(0)
  const sayAgain = async () => {
    await say('two')
    return heard
  }
  await expect.poll(sayAgain, { interval: 100 }).toContain('two')
  await stop()
  const before = heard.length
  await say('three')
  await sleep(50)
  expect(heard.length).toBe(before)
})

/** Stands between us and Postgres: lets connections wait, and cuts them. */
async function startSluice() {
  const { hostname, port } = new URL(place.url)
  const sockets: Socket[] = []
  let gate: Promise<void> = Promise.resolve()
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    void gate.then(() => {
      const upstream = connectSocket(Number(port), hostname)
      upstream.on('error', () => undefined)
      upstream.on('close', () => socket.destroy())
      socket.on('close', () => upstream.destroy())
      socket.pipe(upstream).pipe(socket)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(place.url)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    sockets,
    /** Connections made from now on wait until the returned function is called. */
    shut: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

test('a listener that is stopped while it is connecting again leaves no connection behind', async () => {
  const sluice = await startSluice()
  const stop = await databaseAt(sluice.url).listen('Tide Marks', () => undefined)
  const release = sluice.shut()
  sluice.sockets[0]?.destroy()
  await expect.poll(() => sluice.sockets).toHaveLength(2)
  await stop()
  release()
  await expect.poll(() => sluice.sockets[1]?.destroyed).toBe(true)
  sluice.close()
})

test('a listener that never came about reports it once and does not try on in secret', async () => {
  const sluice = await startSluice()
  const url = new URL(sluice.url)
  url.pathname = '/no_such_database'
  await expect(databaseAt(url.href).listen('Tide Marks', () => undefined)).rejects.toThrow(/no_such_database/)
  await sleep(1_200)
  expect(sluice.sockets).toHaveLength(1)
  sluice.close()
})
