import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectors } from '../../worker/connectors/registry.ts'
import { CrmGate } from '../crash/crm-gate.ts'
import { quayside } from '../crash/quayside/connector.ts'
import { Register } from '../crash/quayside/register.ts'
import { Quayside } from '../crash/quayside/server.ts'
import { arrange, type Arrangement } from './arrange.ts'

const pageSize = 10
const longAgo = Date.now() - 3_600_000

let all: Arrangement
beforeAll(async () => {
  all = await arrange()
  all.worker.connectors = new Map([...(await connectors.all()), ['quayside', quayside()]])
})
afterAll(() => all.close())

test('a list that ends one record early, under a count that a deletion lowered to what was read, is read again', async () => {
  const people = new Register()
  for (let i = 0; i < 2 * pageSize + 1; i += 1) people.add(longAgo, i)
  const crm = new Quayside(new Register(), people)
  const gate = await CrmGate.open(crm.answer)
  crm.endsEarly = true
  gate.set({
    when: 'before',
    matches: (path) => path.includes(`after_id=${pageSize}&`),
    spring: ({ release }) => {
      people.remove(3, longAgo)
      release()
    },
  })
  const client = await all.connect(undefined, {}, gate.url)
  await all.db.query(`update connections set connector = 'quayside', settings = $2 where id = $1`, [
    client.connectionId,
    JSON.stringify({ pageSize }),
  ])
  await client.storeSecret('key', 'a key')

  const { run, events } = await client.sync({ streams: ['contacts'] })
  const stored = await client.records('contacts')
  gate.close()

  expect([run.status, run.error_detail]).toEqual(['success', null])
  expect(events).toContainEqual(expect.objectContaining({ event: 'stream.restarted' }))
  const live = stored.filter((row) => row.deleted_at === null).map((row) => Number(row.source_id))
  expect(live).toContain(2 * pageSize + 1)
  expect(live).not.toContain(3)
})
