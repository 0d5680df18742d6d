import { expect, test } from 'vitest'
import { alertSentence, troublesOf, turnsOf } from '../../../src/domain/alerts.ts'
import type { ConnectionNow } from '../../../src/domain/freshness.ts'

const now = new Date('2026-11-20T14:00:00Z')
const rules = { now, staleAfterMinutes: 120 }
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000)

/** A connection whose streams became fresh so many minutes ago; null for one that never arrived. */
function connection(ages: (number | null)[], more: Partial<ConnectionNow> = {}): ConnectionNow {
  return {
    id: 'one',
    name: 'West',
    state: 'active',
    stateReason: null,
    stateSince: minutesAgo(10_000),
    nextDueAt: now,
    hasFinished: true,
    openRun: null,
    lastRun: null,
    streams: ages.map((age, index) => ({
      stream: ['leads', 'opportunities', 'notes'][index] ?? '',
      freshAt: age === null ? null : minutesAgo(age),
      status: 'success',
    })),
    ...more,
  }
}

const told = (of: ConnectionNow) =>
  troublesOf(of, rules).map(({ kind, isSure }) => (isSure ? kind : `(${kind})`))

test('nothing is told of a connection that is on time, paused or a draft', () => {
  expect(told(connection([5, 119, 120]))).toEqual([])
  expect(told(connection([600, 600], { state: 'paused' }))).toEqual([])
  expect(told(connection([600], { state: 'draft', hasFinished: false }))).toEqual([])
})

test('one whose newest stream is stale is late, and one that goes on without some of them is late in part', () => {
  expect(told(connection([121, 300]))).toEqual(['late'])
  expect(told(connection([20, 121]))).toEqual(['late_part'])
  // The worker stands still: in a minute all of them are stale, which is one thing to say and not two.
  expect(told(connection([118, 121]))).toEqual(['(late_part)'])
})

test('a stream that never arrived keeps nobody awake while the others do', () => {
  expect(told(connection([20, null]))).toEqual([])
})

test('a refused key is told at once, and the age that follows from it is not told besides', () => {
  expect(told(connection([20], { state: 'needs_reconnect' }))).toEqual(['sign_in'])
  expect(told(connection([200], { state: 'needs_reconnect' }))).toEqual(['sign_in', '(late)'])
})

test('a first copy takes as long as it takes, unless nobody works at it', () => {
  const openRun = {
    id: 'run',
    status: 'running' as const,
    queuedAt: minutesAgo(500),
    startedAt: minutesAgo(500),
  }
  const first = { hasFinished: false, stateSince: minutesAgo(500) }
  expect(told(connection([400, null], { ...first, openRun }))).toEqual([])
  expect(told(connection([400, null], first))).toEqual(['late'])
  expect(told(connection([null], { ...first, stateSince: minutesAgo(30) }))).toEqual([])
})

test('what is open stays open as long as it holds, and only what is sure begins', () => {
  const trouble = (kind: 'late' | 'late_part' | 'sign_in', isSure: boolean) => ({ kind, isSure, since: null })
  expect(turnsOf([trouble('late', true)], [])).toEqual({ begins: ['late'], ends: [] })
  expect(turnsOf([trouble('late', true)], ['late'])).toEqual({ begins: [], ends: [] })
  expect(turnsOf([trouble('sign_in', true), trouble('late', false)], ['late'])).toEqual({
    begins: ['sign_in'],
    ends: [],
  })
  expect(turnsOf([trouble('late_part', false)], [])).toEqual({ begins: [], ends: [] })
  expect(turnsOf([], ['late', 'sign_in'])).toEqual({ begins: [], ends: ['late', 'sign_in'] })
})

test.each([
  [
    'late',
    false,
    connection([200, 300], {
      lastRun: { id: 'run', status: 'failed', finishedAt: now, errorPublic: 'HubSpot answers with errors.' },
    }),
    'Tidewell, West: Nothing has arrived for 3 hours. HubSpot answers with errors.',
  ],
  [
    'late_part',
    false,
    connection([20, 180, 200]),
    'Tidewell, West: Opportunities, Notes: not complete for 3 hours.',
  ],
  ['late', true, connection([5]), 'Tidewell, West: the sync is on time again.'],
  ['late', true, connection([500], { state: 'paused' }), 'Tidewell, West: paused by a person.'],
  [
    'sign_in',
    false,
    connection([20], { state: 'needs_reconnect' }),
    'Tidewell, West: HubSpot no longer accepts our access. Nothing is synced until somebody connects it again.',
  ],
  ['sign_in', true, connection([20]), 'Tidewell, West: HubSpot accepts our access again.'],
  [
    'late',
    false,
    connection([null], { hasFinished: false, stateSince: minutesAgo(180) }),
    'Tidewell, West: Nothing has arrived for 3 hours.',
  ],
] as const)(
  'an alert "%s" (over: %s) says what is the matter and for how long',
  (kind, hasEnded, of, sentence) => {
    const words = { kind, hasEnded, workspace: 'Tidewell', crm: 'HubSpot' }
    expect(alertSentence(words, of, rules)).toBe(sentence)
  },
)
