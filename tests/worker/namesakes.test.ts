import { afterAll, beforeAll, expect, test } from 'vitest'
import { arrange, type Arrangement, type Client } from './arrange.ts'
import { expectSound } from './soundness.ts'
import { listOf, sendJson, startStub, type StubCrm } from './stub-crm.ts'

const pat = { user_id: '1', first_name: 'Pat', last_name: 'Okafor', email: 'pat@example.com' }
const otherPat = { user_id: '2', first_name: 'Pat', last_name: 'Okafor', email: 'pat.okafor@example.com' }
const ines = { user_id: '3', first_name: 'Inês', last_name: 'Moreau', email: 'ines@example.com' }
const stage = (id: string, contactType: string) => ({
  sales_cycle_id: id,
  sales_cycle_name: 'New Lead',
  sales_cycle_active_status: '1',
  sales_cycle_order: id,
  likelihood_to_close: '',
  contact_type: contactType,
})

let lists: Record<string, unknown[]> = {
  read_user_list: [pat, otherPat, ines],
  read_sales_cycle_list: [stage('1', '1'), stage('2', '4')],
}

let all: Arrangement
let stub: StubCrm
let client: Client
beforeAll(async () => {
  all = await arrange()
  stub = await startStub((response, path) => {
    const operation = /([a-z_]+)(\/|\?|$)/.exec(path.replace('/v2/api/', ''))?.[1] ?? ''
    sendJson(response, listOf(...(lists[operation] ?? [])))
  })
  client = await all.connect(undefined, {}, stub.url)
})
afterAll(async () => {
  await expectSound(all.url)
  await stub.close()
  await all.close()
})

test('two users of one name are one owner, and their list is complete', async () => {
  const { run, streams } = await client.sync()
  expect([run.status, run.error_detail]).toEqual(['success', null])
  expect(streams.owners).toMatchObject({ status: 'success', fetched: 3, crm_count: 3, our_count: 2 })
  expect((await client.records('owners')).map((row) => row.name)).toEqual(['Inês Moreau', 'Pat Okafor'])
})

test('a stage that two kinds of contact share is one stage', async () => {
  expect((await client.records('stages')).map((row) => row.name)).toEqual(['New Lead'])
})

test('they are not written again and again in turn', async () => {
  const before = await client.everything()
  for (let run = 0; run < 3; run += 1)
    expect((await client.sync()).run).toMatchObject({ status: 'success', updated: 0, created: 0 })
  expect(await client.everything()).toEqual(before)
})

test('when one of them leaves, the other stays', async () => {
  lists = { ...lists, read_user_list: [pat, ines] }
  const { streams } = await client.sync()
  expect(streams.owners).toMatchObject({ status: 'success', retired: 0 })
  expect((await client.records('owners')).filter((row) => row.deleted_at === null)).toHaveLength(2)
})

test('the very same row sent twice counts as one, so that the list is not taken for complete', async () => {
  lists = { ...lists, read_user_list: [pat, pat, ines] }
  const { streams } = await client.sync()
  expect(streams.owners).toMatchObject({ status: 'failed', error_code: 'E_SHORT_READ', retired: 0 })
})
