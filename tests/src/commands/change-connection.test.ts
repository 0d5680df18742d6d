import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { openKeyring, unseal } from '../../../drizzle/seal.ts'
import { changeConnection } from '../../../src/commands/change-connection.ts'
import { clientTether } from '../../../worker/connectors/clienttether.ts'
import { type Connection } from '../seed.ts'
import { startPlace } from '../place.ts'

const place = await startPlace()
const { client, database, seed } = place

let connection: Connection
const keyring = await openKeyring(['a secret of the test that is long enough for it'])

afterAll(() => place.close())
beforeEach(async () => {
  connection = await seed.connection(await seed.tenant(`t${Math.random().toString(36).slice(2)}`))
})

const change = (form: unknown, tenantId = connection.tenantId) =>
  database.asTenant(tenantId, (tx) =>
    changeConnection(tx, connection.id, form, {
      connector: clientTether,
      sealingKey: keyring.current,
      allowPrivateHosts: false,
    }),
  )
const stored = async () =>
  (
    await client.query(
      'select *, next_due_at <= clock_timestamp() as is_due from connections where id = $1',
      [connection.id],
    )
  ).rows[0]

describe('changing a connection', () => {
  test('one that the CRM turned away is active again and due at once, under its new secrets', async () => {
    await client.query(
      `update connections set state = 'needs_reconnect', state_reason = 'x', next_due_at = now() + interval '1 hour' where id = $1`,
      [connection.id],
    )
    const secrets = { accessToken: 'a new token of some length', webKey: 'CT_1' }
    expect(await change({ secrets })).toEqual({ kind: 'changed', state: 'active' })
    expect(await stored()).toMatchObject({ state: 'active', state_reason: null, is_due: true })
    await change({ secrets: { ...secrets, webKey: 'CT_2' } })
    const { rows } = await client.query(
      'select field, key_id, sealed from connection_secrets where connection_id = $1',
      [connection.id],
    )
    const opened = await Promise.all(
      rows.map(async ({ field, key_id: keyId, sealed }) => [
        field,
        await unseal(
          keyring,
          { tenantId: connection.tenantId, connectionId: connection.id, field },
          { keyId, sealed },
        ),
      ]),
    )
    expect(Object.fromEntries(opened)).toEqual({ ...secrets, webKey: 'CT_2' })
  })

  test('pausing keeps everything and asks for nothing', async () => {
    expect(await change({ paused: true })).toEqual({ kind: 'changed', state: 'paused' })
    expect(await stored()).toMatchObject({ state: 'paused' })
  })

  test('settings are laid over the stored ones, and null takes one back', async () => {
    await change({ settings: { timeZone: 'America/Chicago', fields: { market: 'territory' } } })
    await change({ settings: { fields: { units: 'licences' }, timeZone: null } })
    expect((await stored()).settings).toEqual({ fields: { market: 'territory', units: 'licences' } })
  })

  test('what does not fit is said by field, and nothing is changed', async () => {
    const before = await stored()
    const outcome = await change({
      baseUrl: 'https://127.0.0.1/',
      settings: { timeZone: 'Mars/Olympus' },
      secrets: { accessToken: 'only one' },
      paused: true,
    })
    expect(outcome.kind === 'invalid' && Object.keys(outcome.fields).sort()).toEqual([
      'baseUrl',
      'secrets.webKey',
      'settings.timeZone',
    ])
    expect(await stored()).toEqual(before)
  })

  test('a draft stays a draft, with its new settings and secrets', async () => {
    await client.query(`update connections set state = 'draft' where id = $1`, [connection.id])
    const secrets = { accessToken: 'a new token of some length', webKey: 'CT_1' }
    const form = { secrets, settings: { timeZone: 'America/Chicago' } }
    expect(await change(form)).toEqual({ kind: 'changed', state: 'draft' })
    expect(await stored()).toMatchObject({ state: 'draft', settings: { timeZone: 'America/Chicago' } })
  })

  test('another client cannot reach it', async () => {
    const stranger = await seed.tenant(`t${Math.random().toString(36).slice(2)}`)
    expect(await change({ paused: true }, stranger)).toEqual({ kind: 'not_found' })
  })
})
