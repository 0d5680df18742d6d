import { afterEach, beforeEach, expect, test } from 'vitest'
import { rowAt } from '../../simulator/facts.ts'
import type { Simulator, Truth } from '../../simulator/main.ts'
import { read, rosewood, startQuiet, visit } from './visit.ts'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startQuiet()
})
afterEach(() => simulator.close())

async function control(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: unknown }> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
  const response = await fetch(`${simulator.url}/_simulator/${path}`, init)
  return { status: response.status, json: await response.json() }
}

test('another process moves the clock', async () => {
  await control('POST', 'advance', { ms: 60_000 })
  expect((await control('GET', 'clock')).json).toEqual({ now: '2026-11-20T15:01:00.000Z' })
  expect((await control('POST', 'advance', { ms: -1 })).status).toBe(400)
})

test('another process puts faults up, sees them fired and takes them down', async () => {
  await control('POST', 'faults', { fault: 'server-error', times: 1 })
  expect((await visit(simulator, 'read_user_list')).status).toBe(500)
  expect((await control('GET', 'faults')).json).toMatchObject({ fired: { 'server-error': 1 } })
  await control('POST', 'faults', { fault: 'server-error' })
  await control('DELETE', 'faults')
  expect((await visit(simulator, 'read_user_list')).status).toBe(200)
  expect(await control('POST', 'faults', { fault: 'flood' })).toEqual({
    status: 400,
    json: { error: 'no fault is called flood' },
  })
})

test('another process reads the ledger, which says nothing of control requests', async () => {
  await visit(simulator, 'read_user_list')
  await visit(simulator, 'read_lead_source_list')
  const { json } = await control('GET', 'ledger?since=1')
  expect(json).toMatchObject({ entries: [{ seq: 1, operation: 'read_lead_source_list' }], maxInFlight: 1 })
})

test('another process edits the world and compares with the truth', async () => {
  const { webKey } = rosewood
  const added = await control('POST', `accounts/${webKey}/addPerson`, [
    { firstName: 'Rosa', lastName: 'Quinn' },
  ])
  const { result } = added.json as { result: string }
  await control('POST', `accounts/${webKey}/editPerson`, [result, { lastName: 'Quinn-Boyd' }])
  const truth = (await control('GET', `truth?account=${webKey}`)).json as Truth
  expect(rowAt(truth.people, 250)).toMatchObject({ id: result, firstName: 'Rosa', lastName: 'Quinn-Boyd' })
  expect((await read(simulator, `read_client_by_id/${result}`)).data[0]).toMatchObject({
    lastName: 'Quinn-Boyd',
  })
  expect((await control('GET', `totals?account=${webKey}`)).json).toEqual({ people: 251, deals: 200 })
})

test('what is not a hook, an account or a control is refused', async () => {
  expect((await control('POST', `accounts/${rosewood.webKey}/constructor`, [])).status).toBe(400)
  expect((await control('GET', 'truth?account=CT_nobody')).status).toBe(400)
  expect((await control('GET', 'secrets')).status).toBe(404)
})
