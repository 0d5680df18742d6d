import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { expectSound } from './soundness.ts'
import { arrange, type Arrangement, type Client } from './arrange.ts'
import { replay } from './replayed.ts'

let all: Arrangement
let client: Client
let id: string

beforeAll(async () => {
  all = await arrange()
})
afterAll(() => all.close())

beforeEach(async () => {
  client = await all.connect()
  await client.sync()
  const open = (await client.records('opportunities')).find(({ status }) => status === 'open')
  id = String(open?.id)
  await all.db.query(
    `insert into next_actions (tenant_id, opportunity_id, number, how, due_at, details, made_by)
     values ($1, $2, 1, 'planned', '2026-11-23T15:00:00Z', 'Call about the lease', $1)`,
    [client.tenantId, id],
  )
})

const step = async () => {
  const { rows } = await all.db.query<Record<string, unknown>>(
    'select next_action_details as details, version from opportunities where id = $1',
    [id],
  )
  return rows[0]
}
const planned = { details: 'Call about the lease', version: 1 }

test('a replay finds nothing amiss about a next action, and leaves it as it is', async () => {
  expect((await replay(all, client, 'verify')).differences).toEqual([])
  expect(await replay(all, client, 'apply')).toMatchObject({ differences: [], applied: 0 })
  expect(await step()).toEqual(planned)
})

test('an opportunity whose record is mended keeps its next action', async () => {
  await all.db.query(`update opportunities set title = 'planted', content_hash = '' where id = $1`, [id])
  expect((await replay(all, client, 'apply')).applied).toBe(1)
  expect(await step()).toEqual(planned)
  await expectSound(all.url)
})

test('an opportunity that is put back has its next action again', async () => {
  await all.db.query('delete from opportunities where id = $1', [id])
  expect((await replay(all, client, 'apply')).applied).toBe(1)
  expect(await step()).toEqual(planned)
  await expectSound(all.url)
})

test('a sync writes next to a next action and never over it, and ends it with the opportunity', async () => {
  const { rows } = await all.db.query<{ source_id: string }>(
    'select source_id from opportunities where id = $1',
    [id],
  )
  const sourceId = rows[0]?.source_id ?? ''
  client.account.editDeal(sourceId, { amountMinor: 12_300 })
  expect((await client.sync()).streams['opportunities']).toMatchObject({ updated: 1 })
  expect(await step()).toEqual(planned)
  client.account.removeDeal(sourceId)
  await client.sync()
  expect(await step()).toEqual({ details: null, version: 2 })
  client.account.restoreDeal(sourceId)
  await client.sync()
  expect(await step()).toEqual({ details: null, version: 2 })
  await expectSound(all.url)
})
