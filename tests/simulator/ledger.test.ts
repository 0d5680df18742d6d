import { afterEach, expect, test } from 'vitest'
import { Ledger } from '../../simulator/ledger.ts'
import type { Simulator } from '../../simulator/main.ts'
import { larkspur, rosewood, startQuiet, visit } from './visit.ts'

let simulator: Simulator | undefined
afterEach(() => simulator?.close())

test('every request is written down as it was answered', async () => {
  simulator = await startQuiet()
  simulator.faults.add({ fault: 'server-error', nth: 2 })
  const seen = await visit(simulator, 'read_client_list?limit=3')
  await visit(simulator, 'read_client_by_id/44')
  expect(simulator.ledger.entries()).toMatchObject([
    {
      seq: 0,
      account: rosewood.webKey,
      operation: 'read_client_list',
      query: 'limit=3',
      status: 200,
      fault: null,
    },
    { seq: 1, operation: 'read_client_by_id', query: '', status: 500, fault: 'server-error' },
  ])
  expect(simulator.ledger.entries()[0]).toMatchObject({
    at: '2026-11-20T15:00:00.000Z',
    bytes: seen.bytes.length,
  })
  expect(simulator.ledger.entries(1)).toHaveLength(1)
})

test('politeness is measured per account: open at once, and per second', async () => {
  simulator = await startQuiet()
  simulator.faults.add({ fault: 'slow-answer', params: { ms: 80 } })
  const one = simulator
  const other = { 'X-Web-Key': larkspur.webKey, 'X-Access-Token': larkspur.accessToken }
  await Promise.all(Array.from({ length: 5 }, () => visit(one, 'read_user_list')))
  await visit(one, 'read_user_list', other)
  await visit(one, 'read_user_list', other)
  expect(one.ledger.maxInFlight(rosewood.webKey)).toBe(5)
  expect(one.ledger.maxInFlight(larkspur.webKey)).toBe(1)
  expect(one.ledger.peakPerSecond(rosewood.webKey)).toBe(5)
  expect(one.ledger.peakPerSecond(larkspur.webKey)).toBe(2)
  expect(one.ledger.maxInFlight()).toBe(5)
})

test('old entries make room, counts stay', () => {
  const ledger = new Ledger(10)
  for (let i = 0; i < 25; i++) {
    ledger.open('CT_x', i * 500)
    ledger.note({
      at: '',
      wallMs: i,
      account: 'CT_x',
      operation: 'read',
      query: '',
      status: 200,
      fault: null,
      bytes: 3,
    })
    ledger.close('CT_x')
  }
  expect(ledger.entries().map(({ seq }) => seq)).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24])
  expect(ledger.counts()).toEqual([
    { account: 'CT_x', operation: 'read', requests: 25, bytes: 75, byStatus: { 200: 25 } },
  ])
  expect(ledger.count('read', 'CT_x')).toBe(25)
  expect(ledger.count('write')).toBe(0)
  expect(ledger.peakPerSecond()).toBe(2)
})

test('clearing forgets what was, and goes on counting entries', () => {
  const ledger = new Ledger(10)
  const note = {
    at: '',
    wallMs: 0,
    account: 'CT_x',
    operation: 'read',
    query: '',
    status: 200,
    fault: null,
    bytes: 3,
  }
  for (let i = 0; i < 3; i++) ledger.note(note)
  ledger.clear()
  ledger.note(note)
  expect(ledger.entries().map(({ seq }) => seq)).toEqual([3])
  expect(ledger.count()).toBe(1)
})
