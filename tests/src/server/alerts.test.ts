import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Web } from '../../../src/server/main.ts'
import { freePort } from '../../support/free-port.ts'
import { startSmtp, type Smtp } from '../../support/smtp.ts'
import { serve } from '../app.ts'
import { startPlace, type Place } from '../place.ts'
import { minutesAgo, type Connection } from '../seed.ts'

type Post = { text: string; alerts: Record<string, unknown>[] }

let place: Place
let smtp: Smtp
let receiver: Server
/** What the address of the webhook was sent, and with what it answers. */
let posts: Post[] = []
let status = 200
let address: string
let log: string[] = []

beforeAll(async () => {
  ;[place, smtp] = await Promise.all([startPlace(), startSmtp()])
  receiver = createServer((req, res) => {
    const parts: Buffer[] = []
    req.on('data', (part: Buffer) => parts.push(part))
    req.on('end', () => {
      if (status < 300) posts.push(JSON.parse(Buffer.concat(parts).toString()) as Post)
      res.writeHead(status).end()
    })
  })
  await new Promise<void>((ready) => receiver.listen(0, '127.0.0.1', ready))
  address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks/CANARY-of-the-hook`
})
beforeEach(() => {
  posts = []
  smtp.letters.length = 0
  status = 200
  log = []
})
afterAll(async () => {
  await new Promise<void>((done) => receiver.close(() => done()))
  await smtp.close()
  await place.close()
})

/** The program with a watch that begins at once, until `during` has ended. */
async function watched(during: () => Promise<void>, more: Record<string, string> = {}): Promise<void> {
  const environment = {
    ALERT_WEBHOOK_URL: address,
    SMTP_URL: smtp.url,
    ALERT_EMAIL: 'ops@example.com',
    ...more,
  }
  const parts = {
    database: place.database,
    databaseUrl: place.databaseUrl,
    watchTimes: { grace: 0, every: 50 },
    log: pino({ level: 'info' }, { write: (line: string) => void log.push(line) }),
  }
  const web: Web = await serve(parts, environment)
  try {
    await during()
  } finally {
    await web.close()
  }
}

/** A workspace with a connection whose streams were all complete so many minutes ago. */
async function seedConnection(slug: string, ageMinutes: number): Promise<Connection> {
  const tenantId = await place.seed.tenant(slug, { name: `The ${slug}` })
  const connection = await place.seed.connection(tenantId)
  await place.seed.run(connection)
  for (const stream of ['leads', 'notes']) await place.seed.cursor(connection, stream, minutesAgo(ageMinutes))
  return connection
}

const becomeFresh = ({ id }: Connection) =>
  place.client.query('update stream_cursors set fresh_at = now() where connection_id = $1', [id])
const alertsOf = async ({ id }: Connection) =>
  (
    await place.client.query<{ kind: string; is_over: boolean; beginning: string[]; end: string[] }>(
      `select kind, ended_at is not null as is_over, beginning_told_by as beginning, end_told_by as end
         from alerts where connection_id = $1 order by began_at`,
      [id],
    )
  ).rows
const logged = (event: string) => log.filter((line) => line.includes(`"msg":"${event}"`)).length

test('data that grows stale is told of once, by webhook and by mail, and so is its end', async () => {
  const connection = await seedConnection('kettle', 181)
  await watched(async () => {
    await expect.poll(() => logged('alert.told')).toBe(2)
    expect(posts).toEqual([
      {
        text: expect.stringMatching(
          /^The kettle, ClientTether: Nothing has arrived for 3 hours\.\nhttp\S+\/w\/kettle\/sync$/,
        ),
        alerts: [
          expect.objectContaining({
            event: 'began',
            kind: 'late',
            workspace: 'kettle',
            connection: { id: connection.id, name: 'ClientTether', crm: 'ClientTether' },
            ended_at: null,
          }),
        ],
      },
    ])
    expect(smtp.letters).toEqual([
      expect.objectContaining({
        to: ['ops@example.com'],
        text: expect.stringContaining(
          'Subject: Tidemark: The kettle, ClientTether: Nothing has arrived for 3',
        ),
      }),
    ])
    // Many looks later nobody was told again.
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect([posts.length, smtp.letters.length]).toEqual([1, 1])

    await becomeFresh(connection)
    await expect.poll(() => [posts.length, smtp.letters.length]).toEqual([2, 2])
    expect(posts[1]?.text).toContain('The kettle, ClientTether: the sync is on time again.')
    expect(posts[1]?.alerts).toEqual([
      expect.objectContaining({ event: 'ended', id: posts[0]?.alerts[0]?.['id'] }),
    ])
  })
  expect(await alertsOf(connection)).toEqual([
    { kind: 'late', is_over: true, beginning: ['webhook', 'mail'], end: ['webhook', 'mail'] },
  ])
})

test('who was not reached is told another time, and nobody twice; what opens the address stays out of the log', async () => {
  const connection = await seedConnection('harbour', 300)
  status = 500
  await watched(async () => {
    await expect.poll(() => [logged('alert.not_told'), smtp.letters.length]).toEqual([1, 1])
    status = 200
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(posts).toEqual([])
    await place.client.query(`update alerts set next_try_at = now() where connection_id = $1`, [
      connection.id,
    ])
    await expect.poll(() => posts.length).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect([posts.length, smtp.letters.length]).toEqual([1, 1])
  })
  await place.client.query(
    `update alerts set beginning_told_by = '{}', next_try_at = now() where connection_id = $1`,
    [connection.id],
  )
  const unreachable = address.replace(/:\d+/, `:${await freePort()}`)
  const told = logged('alert.not_told')
  await watched(
    async () => {
      await expect.poll(() => logged('alert.not_told')).toBe(told + 1)
    },
    { ALERT_WEBHOOK_URL: unreachable },
  )
  expect(log.join('')).toContain('ECONNREFUSED')
  expect(log.join('')).not.toContain('CANARY')
  await becomeFresh(connection)
})

test('several processes watch, and each trouble is told once, together with what came with it', async () => {
  const connections = [await seedConnection('pier', 200), await seedConnection('quay', 200)]
  await place.client.query(
    `update connections set state = 'needs_reconnect', state_since = now() where id = $1`,
    [connections[1]?.id],
  )
  await watched(() =>
    watched(async () => {
      await expect.poll(() => posts.flatMap(({ alerts }) => alerts).length).toBeGreaterThanOrEqual(2)
      await new Promise((resolve) => setTimeout(resolve, 500))
    }),
  )
  const told = posts
    .flatMap(({ alerts }) => alerts.map(({ kind, workspace }) => [workspace, kind]))
    .filter(([workspace]) => workspace !== 'harbour')
  expect(told.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
    ['pier', 'late'],
    ['quay', 'sign_in'],
  ])
  expect(await alertsOf(connections[1] as Connection)).toMatchObject([{ kind: 'sign_in', is_over: false }])
  for (const connection of connections) await becomeFresh(connection)
})

test('where no way is set up the log tells, and a new way hears of what is open, not of what was long ago', async () => {
  const old = await seedConnection('marina', 200)
  const open = await seedConnection('wharf', 200)
  await watched(
    async () => {
      await expect.poll(() => logged('alert.began')).toBe(2)
      await becomeFresh(old)
      await expect
        .poll(() => log.filter((line) => line.includes('alert.ended') && line.includes(old.id)).length)
        .toBe(1)
    },
    { ALERT_WEBHOOK_URL: '', ALERT_EMAIL: '' },
  )
  await place.client.query(
    `update alerts set began_at = began_at - interval '2 days', ended_at = ended_at - interval '2 days' where connection_id = $1`,
    [old.id],
  )
  await watched(async () => {
    await expect.poll(() => posts.length).toBeGreaterThan(0)
    await new Promise((resolve) => setTimeout(resolve, 300))
  })
  const told = posts.flatMap(({ alerts }) => alerts.map(({ workspace }) => workspace))
  expect(told).toContain('wharf')
  expect(told).not.toContain('marina')
  await becomeFresh(open)
})
