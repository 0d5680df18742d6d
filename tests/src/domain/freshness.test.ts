import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  basisOf,
  judgeAge,
  judgeFreshness,
  type ConnectionNow,
  type StreamNow,
} from '../../../src/domain/freshness.ts'
import { connectionStanding } from '../../../src/domain/standing.ts'
import { bannerOf, chipOf, type Chip } from '../../../src/domain/staleness-words.ts'

const now = new Date('2026-11-20T15:00:00Z')
const rules = { now, staleAfterMinutes: 120 }
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000)
const clock = (at: Date) => at.toISOString().slice(11, 16)

function connection(streams: Record<string, number | null>, row: Partial<ConnectionNow> = {}): ConnectionNow {
  return {
    id: 'c1',
    name: 'ClientTether',
    state: 'active',
    stateReason: null,
    stateSince: null,
    nextDueAt: ago(-30),
    hasFinished: true,
    openRun: null,
    lastRun: null,
    streams: Object.entries(streams).map(([stream, age]) => ({
      stream,
      freshAt: age === null ? null : ago(age),
      status: 'success',
    })),
    ...row,
  }
}

function chip(...connections: ConnectionNow[]): Pick<Chip, 'text' | 'tone'> {
  const { text, tone } = chipOf(judgeFreshness(connections, rules), connections, clock)
  return { text, tone }
}

const openRun = (status: 'queued' | 'running') => ({ id: 'r1', status, queuedAt: ago(2), startedAt: ago(1) })

function headline(...connections: ConnectionNow[]): string | undefined {
  return bannerOf(judgeFreshness(connections, rules), connections, clock)?.headline
}

describe('the banner', () => {
  test.each([
    [121, 'Data is 2 hours old - sync may be delayed'],
    [179, 'Data is 2 hours old - sync may be delayed'],
    [180, 'Data is 3 hours old - sync may be delayed'],
    [47 * 60 + 59, 'Data is 47 hours old - sync may be delayed'],
    [48 * 60, 'Data is 48 hours old - sync may be delayed'],
    [48 * 60 + 1, 'Data is 2 days old - sync may be delayed'],
    [49 * 60, 'Data is 2 days old - sync may be delayed'],
    [75 * 60, 'Data is 3 days old - sync may be delayed'],
  ])('at %d minutes says "%s"', (age, words) => expect(headline(connection({ leads: age }))).toBe(words))

  test('one hour is singular, where the limit is set that low', () => {
    const connections = [connection({ leads: 80 })]
    const freshness = judgeFreshness(connections, { now, staleAfterMinutes: 60 })
    expect(bannerOf(freshness, connections, clock)?.headline).toBe('Data is 1 hour old - sync may be delayed')
  })

  test('is absent at two hours sharp and appears a millisecond later', () => {
    expect(headline(connection({ leads: 120 }))).toBeUndefined()
    expect(judgeAge(new Date(ago(120).getTime() - 1), rules).isStale).toBe(true)
  })

  test('names the late stream when all else is on time', () => {
    expect(headline(connection({ leads: 14, notes: 300 }))).toBe(
      'Notes are 5 hours old - sync may be delayed. Everything else is current.',
    )
  })

  test('names two late streams, and the one that never arrived', () => {
    expect(headline(connection({ leads: 14, owners: 10, notes: 300, activities: null }))).toBe(
      'Notes are 5 hours old - sync may be delayed. Activities have not arrived completely yet. Everything else is current.',
    )
  })

  test('says whose stream is late when there are two connections', () => {
    const other = connection({ leads: 10, notes: 10 }, { id: 'c2', name: 'HubSpot' })
    expect(headline(connection({ leads: 14, notes: 300 }), other)).toBe(
      'ClientTether notes are 5 hours old - sync may be delayed. Everything else is current.',
    )
  })

  test('of a paused connection says since when, and how old the data stays', () => {
    const paused = connection({ leads: 30 }, { state: 'paused', stateSince: ago(20) })
    const banner = bannerOf(judgeFreshness([paused], rules), [paused], clock)
    expect(banner).toEqual({
      tone: 'doubt',
      headline: 'Sync is paused. It has been since 14:40.',
      reason: 'Data stays as of 14:30.',
    })
  })

  test('says whose sync is paused when there are two connections', () => {
    const paused = connection({ leads: 30 }, { state: 'paused' })
    const other = connection({ leads: 10 }, { id: 'c2', name: 'HubSpot' })
    expect(headline(paused, other)).toBe('Sync of ClientTether is paused.')
  })

  test('of a refused key says since when, and how old the data stays', () => {
    const refused = connection({ leads: 100 }, { state: 'needs_reconnect', stateSince: ago(38) })
    expect(bannerOf(judgeFreshness([refused], rules), [refused], clock)).toEqual({
      tone: 'bad',
      headline: 'ClientTether refused our key since 14:22.',
      reason: 'Data stays as of 13:20.',
    })
  })

  test('of a refused key is red, and says the age first once the data is stale', () => {
    const refused = connection({ leads: 200 }, { state: 'needs_reconnect', stateSince: ago(190) })
    expect(bannerOf(judgeFreshness([refused], rules), [refused], clock)).toEqual({
      tone: 'bad',
      headline: 'Data is 3 hours old - sync may be delayed',
      reason: 'ClientTether refused our key since 11:50.',
    })
  })
})

describe('freshness', () => {
  const age = fc.option(fc.integer({ min: -600, max: 100_000 }), { nil: null })
  const name = fc.constantFrom('owners', 'stages', 'leads', 'opportunities', 'notes', 'activities')
  const anyConnection = fc
    .record({
      streams: fc.dictionary(name, age),
      hasFinished: fc.boolean(),
      state: fc.constantFrom('active' as const, 'paused' as const, 'needs_reconnect' as const),
    })
    .map(({ streams, ...row }) => connection(streams, row))
  const anyConnections = fc.array(anyConnection, { maxLength: 3 })

  test('no age is negative, whatever the clocks say', () =>
    fc.assert(
      fc.property(anyConnections, (connections) => {
        const { ageMinutes, currentAgeMinutes } = judgeFreshness(connections, rules)
        expect(ageMinutes ?? 0).toBeGreaterThanOrEqual(0)
        expect(currentAgeMinutes ?? 0).toBeGreaterThanOrEqual(0)
      }),
    ))

  test('the banner says "may be delayed" exactly when an aged stream is stale', () =>
    fc.assert(
      fc.property(anyConnections, (connections) => {
        const freshness = judgeFreshness(connections, rules)
        const banner = bannerOf(freshness, connections, clock)
        if (freshness.state === 'never') expect(banner).toBeNull()
        else if (freshness.isStale)
          expect(banner?.headline).toMatch(/sync may be delayed|have not arrived completely yet/)
        else expect(banner?.headline ?? '').not.toContain('may be delayed')
        const needsWords = freshness.isStale || ['paused', 'needs_reconnect'].includes(freshness.state)
        expect(banner !== null).toBe(freshness.state !== 'never' && needsWords)
      }),
    ))

  test('the whole is as old as its oldest stream', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9_999 }), { minLength: 1, maxLength: 7 }), (ages) => {
        const streams = Object.fromEntries(ages.map((value, index) => [`s${index}`, value]))
        expect(judgeFreshness([connection(streams)], rules).ageMinutes).toBe(Math.max(...ages))
      }),
    ))

  test('a connection that never finished is not synced yet, however much it has loaded', () => {
    const unfinished = connection({ leads: 1 }, { hasFinished: false })
    expect(judgeFreshness([unfinished], rules).state).toBe('never')
    expect(chip(unfinished)).toEqual({ text: 'Not synced yet', tone: 'quiet' })
  })

  test('a stream the CRM does not offer makes nothing stale', () => {
    const streams: StreamNow[] = [
      { stream: 'leads', freshAt: ago(5), status: 'success' },
      { stream: 'notes', freshAt: null, status: 'not_synced' },
    ]
    expect(judgeFreshness([connection({}, { streams })], rules).state).toBe('fresh')
  })

  test.each([
    [14, 'Synced 14 min ago', 'good'],
    [100, 'Synced 1 h 40 min ago', 'good'],
    [190, 'Synced 3 hours ago', 'doubt'],
    [47 * 60 + 59, 'Synced 47 hours ago', 'doubt'],
    [48 * 60 + 1, 'Synced 2 days ago', 'doubt'],
    [4_400, 'Synced 3 days ago', 'doubt'],
  ])('the chip at %d minutes says "%s"', (age, text, tone) =>
    expect(chip(connection({ leads: age }))).toEqual({ text, tone }),
  )

  test('the chip counts the late streams', () =>
    expect(chip(connection({ leads: 14, notes: 300 }))).toEqual({
      text: 'Synced 14 min ago, 1 of 2 streams late',
      tone: 'doubt',
    }))

  test.each([58, 100])('the chip says beside an age of %d minutes that a run is under way', (age) => {
    const { text } = chip(connection({ leads: age }))
    const running = connection({ leads: age }, { openRun: openRun('running') })
    expect(chip(running)).toEqual({ text: `${text}, syncing now`, tone: 'busy' })
    expect(chip(connection({ leads: age }, { openRun: openRun('queued') }))).toEqual({ text, tone: 'good' })
  })

  test('no run under way hides what is late, paused, refused or never came', () => {
    const states: [Parameters<typeof connection>[0], Partial<ConnectionNow>][] = [
      [{ leads: 195 }, {}],
      [{ leads: 14, notes: 300 }, {}],
      [{ leads: 14 }, { state: 'paused', stateSince: ago(20) }],
      [{ leads: 14 }, { state: 'needs_reconnect' }],
      [{ leads: null }, { hasFinished: false }],
    ]
    for (const [streams, row] of states) {
      const running = connection(streams, { ...row, openRun: openRun('running') })
      expect(chip(running)).toEqual(chip(connection(streams, row)))
      expect(headline(running)).toBe(headline(connection(streams, row)))
    }
  })

  test('the chip says since when sync is paused, and which CRM turned us away', () => {
    const paused = connection({ leads: 30 }, { state: 'paused', stateSince: ago(20) })
    expect(chip(paused)).toEqual({ text: 'Sync paused, 14:40', tone: 'doubt' })
    const refused = connection({ leads: 30 }, { id: 'c2', name: 'HubSpot', state: 'needs_reconnect' })
    expect(chip(paused, refused)).toEqual({ text: 'Sign-in to HubSpot failed', tone: 'bad' })
  })
})

describe('what a figure stands on', () => {
  test('is the oldest of the streams it needs, over the connections that have them all', () => {
    const complete = connection({ leads: 10, stages: 40 })
    const waiting = connection({ leads: 1, stages: null }, { id: 'c2', name: 'HubSpot' })
    expect(basisOf([complete, waiting], ['leads', 'stages'])).toEqual({
      connectionIds: ['c1'],
      asOf: ago(40),
      waitingFor: ['HubSpot'],
    })
  })

  test('is nothing where the CRM offers no such stream, and nobody is waited for', () => {
    const streams: StreamNow[] = [{ stream: 'notes', freshAt: null, status: 'not_synced' }]
    expect(basisOf([connection({}, { streams })], ['notes'])).toEqual({
      connectionIds: [],
      asOf: null,
      waitingFor: [],
    })
  })
})

describe('a draft', () => {
  const draft = connection({}, { id: 'c2', name: 'HubSpot', state: 'draft', hasFinished: false })

  test('alone leaves a workspace not synced yet, and nobody waits for it', () => {
    const freshness = judgeFreshness([draft], rules)
    expect(freshness).toMatchObject({ state: 'never', unfinished: [] })
    expect(chip(draft).text).toBe('Not synced yet')
    expect(headline(draft)).toBeUndefined()
    expect(basisOf([draft], ['leads'])).toEqual({ connectionIds: [], asOf: null, waitingFor: [] })
    expect(connectionStanding(draft)).toEqual({ word: 'Draft', tone: 'quiet' })
  })

  test.each([
    ['current', connection({ leads: 14, notes: 20 })],
    ['partly late', connection({ leads: 14, notes: 300 })],
    ['stale', connection({ leads: 400 }, { lastRun: null })],
    ['paused', connection({ leads: 30 }, { state: 'paused', stateSince: ago(20) })],
    ['turned away', connection({ leads: 200 }, { state: 'needs_reconnect', stateSince: ago(190) })],
    ['in its first run', connection({ leads: 1 }, { hasFinished: false })],
  ])('beside a connection that is %s changes nothing', (_, other) => {
    for (const both of [
      [other, draft],
      [draft, other],
    ]) {
      const freshness = judgeFreshness(both, rules)
      expect(freshness).toEqual(judgeFreshness([other], rules))
      expect(bannerOf(freshness, both, clock)).toEqual(bannerOf(freshness, [other], clock))
      expect(chip(...both)).toEqual(chip(other))
      expect(basisOf(both, ['leads'])).toEqual(basisOf([other], ['leads']))
    }
  })
})
