import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Database } from '../../../drizzle/db.ts'
import { sealingKeyOf } from '../../../drizzle/seal.ts'
import { addConnection } from '../../../src/commands/add-connection.ts'
import { startConnection } from '../../../src/commands/start-connection.ts'
import { clientTether } from '../../../worker/connectors/clienttether.ts'
import { connectWorker } from '../../../worker/run-now.ts'
import { claimDueSlots } from '../../../worker/schedule.ts'
import { workerOptions } from '../../worker/arrange.ts'
import { type Connection } from '../seed.ts'
import { startPlace } from '../place.ts'

const place = await startPlace()
const { client, database, seed } = place

let worker: Database
let draft: Connection

beforeAll(async () => {
  worker = connectWorker(workerOptions(place.databaseUrl))
})
afterAll(async () => {
  await worker.close()
  await place.close()
})
beforeEach(async () => {
  const tenantId = await seed.tenant(`t${Math.random().toString(36).slice(2)}`)
  draft = { tenantId, id: await addDraft(tenantId) }
})

async function addDraft(tenantId: string): Promise<string> {
  const sealingKey = await sealingKeyOf('a secret of the test that is long enough for it')
  const secrets = { accessToken: 'a token of some length', webKey: 'CT_1' }
  const options = { connector: clientTether, sealingKey, allowPrivateHosts: false, asDraft: true }
  const outcome = await database.asTenant(tenantId, (tx) =>
    addConnection(tx, { name: 'ClientTether', secrets }, options),
  )
  if (outcome.kind !== 'added') throw new Error(outcome.kind)
  return outcome.id
}

const start = (tenantId = draft.tenantId) =>
  database.asTenant(tenantId, (tx) => startConnection(tx, draft.id))
const stored = async () => {
  const { rows } = await client.query(
    `select state, state_reason, next_due_at > clock_timestamp() as is_ahead,
       next_due_at <= clock_timestamp() + interval '1 hour' as is_soon from connections where id = $1`,
    [draft.id],
  )
  return rows[0]
}
const runs = async () =>
  (await client.query('select id, trigger, missed_slots from sync_runs where connection_id = $1', [draft.id]))
    .rows

describe('a draft', () => {
  test('is claimed by no schedule', async () => {
    await client.query(`update connections set next_due_at = now() - interval '5 hours' where id = $1`, [
      draft.id,
    ])
    expect(await claimDueSlots(worker, '0 * * * *')).toEqual([])
    expect(await stored()).toMatchObject({ state: 'draft', is_ahead: false })
    expect(await runs()).toEqual([])
  })

  test('that is started is active, with its first run asked for, and misses nothing', async () => {
    const outcome = await start()
    expect(outcome.kind).toBe('started')
    expect(await claimDueSlots(worker, '0 * * * *')).toEqual([])
    expect(await stored()).toEqual({ state: 'active', state_reason: null, is_ahead: true, is_soon: true })
    expect(await runs()).toEqual([
      { id: 'runId' in outcome ? outcome.runId : '', trigger: 'person', missed_slots: 0 },
    ])
  })

  test('is started once by two who ask at once', async () => {
    const kinds = (await Promise.all([start(), start()])).map(({ kind }) => kind)
    expect(kinds.toSorted()).toEqual(['not_draft', 'started'])
    expect(await runs()).toHaveLength(1)
  })

  test('of another client is not found', async () => {
    expect(await start(await seed.tenant('stranger'))).toEqual({ kind: 'not_found' })
    expect(await stored()).toMatchObject({ state: 'draft' })
  })
})
