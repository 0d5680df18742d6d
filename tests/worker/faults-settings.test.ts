import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runNow } from '../../worker/run-now.ts'
import { arrange, type Arrangement, type Client } from './arrange.ts'
import { expectSound } from './soundness.ts'
import { sendJson, startStub } from './stub-crm.ts'

let all: Arrangement
let client: Client
beforeAll(async () => {
  all = await arrange()
})
beforeEach(async () => {
  client = await all.connect()
  all.simulator.ledger.clear()
})
afterAll(async () => {
  await expectSound(all.url)
  await all.close()
})

const change = (column: string, value: unknown) =>
  all.db.query(`update connections set ${column} = $2 where id = $1`, [client.connectionId, value])

async function expectRefused(operator: RegExp): Promise<void> {
  const { run, streams } = await client.sync()
  expect([run.status, run.error_code]).toEqual(['failed', 'E_SETTINGS'])
  expect(run.error_public).toMatch(
    /^The settings of this connection do not fit (ClientTether|the CRM)\. Correct them to resume\.$/,
  )
  expect(run.error_detail).toMatch(operator)
  expect(run.error_detail).not.toContain('CANARY')
  expect(Object.values(streams).filter(({ status }) => status === 'success')).toEqual([])
}

describe('a connection that cannot be opened fails before its first request', () => {
  test('because a setting is none', async () => {
    await change('settings', { timeZone: 'Mars/Olympus' })
    await expectRefused(/timeZone: must be an IANA zone/)
  })

  test('because nobody knows its CRM', async () => {
    await change('connector', 'rolodex')
    await expectRefused(/no connector named rolodex/)
  })

  test('because a secret is missing', async () => {
    await all.db.query(`delete from connection_secrets where connection_id = $1 and field = 'webKey'`, [
      client.connectionId,
    ])
    await expectRefused(/the connection has no webKey; enter it again/)
  })

  test('because a secret was damaged', async () => {
    await all.db.query(
      `update connection_secrets set sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) where connection_id = $1`,
      [client.connectionId],
    )
    await expectRefused(/does not belong to this connection or was damaged; enter it again/)
  })

  test('because a secret was moved here from another connection', async () => {
    const other = await all.connect()
    await all.db.query(
      `update connection_secrets s set sealed = o.sealed from connection_secrets o
       where s.connection_id = $1 and o.connection_id = $2 and o.field = s.field`,
      [client.connectionId, other.connectionId],
    )
    await expectRefused(/does not belong to this connection or was damaged/)
  })

  test('because two of its secrets changed places', async () => {
    await all.db.query(
      `update connection_secrets s set sealed = o.sealed from connection_secrets o
       where s.connection_id = $1 and o.connection_id = $1 and o.field <> s.field`,
      [client.connectionId],
    )
    await expectRefused(/does not belong to this connection or was damaged/)
  })

  test('because it was sealed under another key', async () => {
    await all.db.query(`update connection_secrets set key_id = 'before' where connection_id = $1`, [
      client.connectionId,
    ])
    await expectRefused(/was sealed with key before, but TIDEMARK_SECRET gives key/)
  })
})

test('a connection into our own network is refused unless that is allowed', async () => {
  const worker = { ...all.worker, config: { ...all.worker.config, TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: false } }
  const runId = await client.queueRun()
  await runNow(worker, all.database, { ...client, runId }, new AbortController().signal)
  const { run } = await client.readRun(runId)
  expect([run.status, run.error_code]).toEqual(['failed', 'E_SETTINGS'])
  expect(run.error_detail).toMatch(/127\.0\.0\.1 is not a public address/)
  expect(run.error_public).not.toContain('127')
  expect(all.simulator.ledger.entries()).toEqual([])
})

test('a CRM that repeats our secrets in its complaint does not make us write them down', async () => {
  const stub = await startStub((response) =>
    sendJson(
      response,
      JSON.stringify({
        ResultCode: 'CT_401',
        Message: `Unauthorized: token ${client.account.accessToken} is unknown`,
      }),
    ),
  )
  await change('base_url', stub.url)
  const { run } = await client.sync()
  expect(run.error_code).toBe('E_AUTH_REVOKED')
  expect(run.error_detail).toMatch(/CT401: Unauthorized: token … is unknown/)
  await stub.close()
})
