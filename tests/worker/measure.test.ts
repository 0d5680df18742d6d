import { afterAll, beforeEach, beforeAll, expect, test } from 'vitest'
import { arrange, rosewood, type Arrangement, type Client } from './arrange.ts'
import { expectSound } from './soundness.ts'

const accounts = Array.from({ length: 4 }, (_, index) => ({
  ...rosewood,
  webKey: `CT_${index}`,
  seed: 40 + index,
}))

let all: Arrangement
let client: Client
beforeAll(async () => {
  all = await arrange(accounts)
})
beforeEach(async () => {
  client = await all.connect(accounts.pop()?.webKey)
  await client.sync()
})
afterAll(async () => {
  await expectSound(all.url)
  await all.close()
})

/** The newest count of a table of measures. */
async function newest(table: string): Promise<number> {
  const rows = await client.records(table)
  const last = rows.map((row) => String(row.as_of)).reduce((a, b) => (a > b ? a : b))
  return rows.filter((row) => row.as_of === last).reduce((sum, row) => sum + Number(row.count), 0)
}

test('the newest measures count what is there', async () => {
  const { people, deals } = client.account.truth()
  expect(await newest('lead_metrics')).toBe(people.length)
  expect(await newest('pipeline_stage_counts')).toBe(deals.length)
})

test('when the last opportunity has gone, the newest total is none', async () => {
  for (const { id } of client.account.truth().deals) client.account.removeDeal(id)
  await client.sync({ acceptAbsence: true })
  expect(await newest('pipeline_stage_counts')).toBe(0)
})

test('when the last lead has gone, so is the newest count of them', async () => {
  for (const { id } of client.account.truth().people) client.account.removePerson(id)
  await client.sync({ acceptAbsence: true })
  expect(await newest('lead_metrics')).toBe(0)
})

test('what a worker landed before it died is measured by the run after it', async () => {
  client.account.addPerson({ firstName: 'Ann' })
  const { run } = await client.sync()
  await all.db.query('delete from lead_metrics where run_id = $1', [run.id])
  await all.db.query(
    `update sync_runs set status = 'abandoned', error_code = 'E_INTERNAL', error_public = 'Something failed on our side.', error_detail = 'died' where id = $1`,
    [run.id],
  )
  expect(await newest('lead_metrics')).toBe(24)
  await client.sync()
  expect(await newest('lead_metrics')).toBe(25)
})
