import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startApp, serve, type TestApp } from '../app.ts'
import { seedTidewell } from '../seed.ts'
import { stranger, type Visitor } from '../visitor.ts'

let app: TestApp
let tenantId: string
let connectionId: string
let other: string

beforeAll(async () => {
  app = await startApp()
  const tidewell = await seedTidewell(app.seed)
  tenantId = tidewell.tenantId
  connectionId = tidewell.connection.id
  other = (await seedTidewell(app.seed, { slug: 'harbour', name: 'Harbour' })).tenantId
})

afterAll(() => app.close())

const run = '01937f00-0000-7000-8000-000000000001'
const publish = (tenant: string, id = run) =>
  app.seed.client.query(`select pg_notify('tidemark_runs', $1)`, [
    JSON.stringify({ tenant, connection: tenant, run: id }),
  ])

/** Opens the stream and gives its events as they come. */
async function open(visitor: Visitor, slug = 'tidewell') {
  const answer = await visitor.get(`/w/${slug}/events`)
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  const heard: string[] = []
  let isOver = false
  const reading = (async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      heard.push(decoder.decode(value, { stream: true }))
    }
    isOver = true
  })()
  return { answer, heard, isOver: () => isOver, close: () => reader.cancel(), reading }
}

const versionsIn = (heard: string[]) =>
  Array.from(heard.join('').matchAll(/^event: version\ndata: (\w+)$/gm), ([, version]) => version)

describe('the stream of a workspace', () => {
  test('tells of a run of its own within half a second, by its id alone, and of no other', async () => {
    const stream = await open(app.ana)
    expect(stream.answer.headers.get('content-type')).toBe('text/event-stream')
    expect(stream.answer.headers.get('cache-control')).toBe('no-store')
    await expect.poll(() => stream.heard.join('')).toMatch(/^retry: 5000\nevent: version\ndata: \w+\n\n$/)
    // A busy machine's pause is no delay of ours: of five tellings the soonest is judged.
    const tookMs: number[] = []
    for (let told = 1; told <= 5; told += 1) {
      const begun = stream.heard.join('').length
      const startedMs = performance.now()
      await publish(other)
      await publish(tenantId)
      await expect
        .poll(() => stream.heard.join('').slice(begun), { interval: 10 })
        .toBe(`event: run\ndata: ${run}\n\n`)
      tookMs.push(performance.now() - startedMs)
    }
    expect(Math.min(...tookMs)).toBeLessThan(500)
    await stream.close()
  })

  test('says at once and from then on what the pages stand on, also what nobody announced', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const stream = await open(app.ana)
      await expect.poll(() => versionsIn(stream.heard)).toHaveLength(1)
      const page = await (await app.ana.get('/w/tidewell/overview')).text()
      expect(page).toContain(`data-version="${versionsIn(stream.heard)[0]}"`)
      vi.advanceTimersByTime(30_000)
      await expect.poll(() => versionsIn(stream.heard)).toHaveLength(2)
      await app.seed.run({ tenantId, id: connectionId }, { queued_at: new Date() })
      vi.advanceTimersByTime(30_000)
      await expect.poll(() => versionsIn(stream.heard)).toHaveLength(3)
      const [first, second, third] = versionsIn(stream.heard)
      expect([second === first, third === first]).toEqual([true, false])
      await stream.close()
    } finally {
      vi.useRealTimers()
    }
  })

  test('is told to nobody who may not be there', async () => {
    expect((await stranger(app.url).get('/w/tidewell/events')).status).toBe(303)
    const elsewhere = await app.as('admin', other)
    expect((await elsewhere.get('/w/tidewell/events')).status).toBe(404)
  })

  test.each(['session', 'membership'])('ends within half a minute of the %s', async (what) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const visitor = await app.as('viewer', tenantId)
      const stream = await open(visitor)
      await expect.poll(() => versionsIn(stream.heard)).toHaveLength(1)
      vi.advanceTimersByTime(30_000)
      await expect.poll(() => versionsIn(stream.heard)).toHaveLength(2)
      expect(stream.isOver()).toBe(false)
      const ofVisitor = 'user_id = (select id from auth.users where email = $1)'
      const end =
        what === 'session'
          ? `delete from auth.sessions where ${ofVisitor}`
          : `update memberships set ended_at = now() where ${ofVisitor}`
      await app.seed.client.query(end, [visitor.email])
      vi.advanceTimersByTime(30_000)
      await expect.poll(() => stream.isOver()).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })

  test('is not followed by the answer to a form, which nobody could ask for again', async () => {
    const page = '/w/tidewell/settings/members'
    expect(await (await app.ana.get(page)).text()).toContain('<live-data')
    const answer = await app.ana.post(page, { deed: 'invite', emails: 'nobody' })
    expect(answer.status).toBeGreaterThan(399)
    expect(await answer.text()).toMatch(/<main(?![^]*<live-data)/)
  })

  test('is not begun for whoever asks for its head alone, and would never say that they are gone', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const before = vi.getTimerCount()
      const answer = await app.ana.send('/w/tidewell/events', { method: 'HEAD', headers: {} })
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
      expect(vi.getTimerCount()).toBe(before)
    } finally {
      vi.useRealTimers()
    }
  })

  test('ends when the same person has opened thirty others, and nobody else’s does', async () => {
    const visitor = await app.as('viewer', tenantId)
    const theirs = await open(app.ana)
    const streams: Awaited<ReturnType<typeof open>>[] = []
    for (let opened = 0; opened <= 30; opened++) streams.push(await open(visitor))
    await expect.poll(() => streams[0]?.isOver()).toBe(true)
    expect(streams.slice(1).some((stream) => stream.isOver())).toBe(false)
    expect(theirs.isOver()).toBe(false)
    for (const stream of [...streams.slice(1), theirs]) await stream.close()
  })

  test('survives what it cannot read', async () => {
    const stream = await open(app.ana)
    await expect.poll(() => stream.heard.length).toBe(1)
    for (const payload of ['', '{', '[]', '{"tenant":1}'])
      await app.seed.client.query(`select pg_notify('tidemark_runs', $1)`, [payload])
    await publish(tenantId)
    await expect.poll(() => stream.heard.join('')).toContain('event: run')
    await stream.close()
  })

  test('ends at once when the program stops, and holds it no longer', async () => {
    const web = await serve(app)
    const cookie = [...app.ana.cookies].map((pair) => pair.join('=')).join('; ')
    const answer = await fetch(`${web.url}/w/tidewell/events`, { headers: { cookie } })
    const text = answer.text()
    const startedMs = Date.now()
    await web.close()
    await text
    expect(Date.now() - startedMs).toBeLessThan(2_000)
  })
})
