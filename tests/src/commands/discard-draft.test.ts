import { afterAll, beforeEach, expect, test } from 'vitest'
import { discardDraft } from '../../../src/commands/discard-draft.ts'
import { startPlace } from '../place.ts'
import type { Connection } from '../seed.ts'

const place = await startPlace()
const { client, database, seed } = place
afterAll(() => place.close())

let draft: Connection

beforeEach(async () => {
  draft = await seed.connection(await seed.tenant(`t${Math.random().toString(36).slice(2)}`), {
    state: 'draft',
  })
})

/** What belongs to a connection and came before its start: consent, keys, tests, address, tokens, quota and mapping. */
async function furnish({ tenantId, id }: Connection): Promise<void> {
  const of = { tenant_id: tenantId, connection_id: id }
  const bytes = Buffer.from('sealed')
  await seed.insert('connection_secrets', {
    ...of,
    field: 'webKey',
    key_id: 'k',
    sealed: bytes,
    hint: '1234',
  })
  await seed.insert('connection_tests', { ...of, id, asked_at: new Date() })
  await seed.insert('connection_consents', {
    ...of,
    id,
    user_id: id,
    session_id: id,
    asked_by: 'Ana',
    state_hash: bytes,
    redirect_uri: 'https://example.com',
    expires_at: new Date(),
  })
  await seed.insert('webhook_addresses', { ...of, salt: bytes, token_hash: bytes, account: '1' })
  await seed.insert('rate_buckets', { ...of, tokens: 1, refilled_at: new Date() })
  await seed.insert('quota_days', { ...of, day: '2026-11-21', used: 1 })
}

const discard = async (tenantId: string) => {
  const ana = await place.someone('admin', tenantId)
  return database.asTenant(tenantId, (tx) => discardDraft(tx, ana, { id: draft.id, name: 'HubSpot' }))
}
const left = async () => {
  const tables = ['secrets', 'tests', 'consents'].map((name) => `connection_${name}`)
  const all = [...tables, 'webhook_addresses', 'rate_buckets', 'quota_days']
  const { rows } = await client.query<{ left: number }>(
    `select (select count(*) from connections where id = $1)::int
       + ${all.map((name) => `(select count(*) from ${name} where connection_id = $1)::int`).join(' + ')} as left`,
    [draft.id],
  )
  return rows[0]?.left
}

test('a draft goes with all that belongs to it, once, and the audit log says who discarded it', async () => {
  await furnish(draft)
  expect(await left()).toBe(7)
  expect(await discard(draft.tenantId)).toBe(true)
  expect(await left()).toBe(0)
  expect(await discard(draft.tenantId)).toBe(false)
  expect(await place.audit(draft.tenantId)).toEqual([
    expect.objectContaining({ deed: 'draft_discarded', target: 'connection HubSpot' }),
  ])
})

test('what was started stays, and so does a draft that something was read for', async () => {
  await furnish(draft)
  await client.query(`update connections set state = 'paused' where id = $1`, [draft.id])
  expect(await discard(draft.tenantId)).toBe(false)
  await client.query(`update connections set state = 'draft' where id = $1`, [draft.id])
  await seed.run(draft)
  expect(await discard(draft.tenantId)).toBe(false)
  expect([await left(), await place.audit(draft.tenantId)]).toEqual([7, []])
})

test('a draft of another workspace is nobody’s to discard, and without a workspace there is none', async () => {
  await furnish(draft)
  expect(await discard(await seed.tenant(`o${Math.random().toString(36).slice(2)}`))).toBe(false)
  await expect(database.outsideTenants.query('select app.discard_draft($1)', [draft.id])).rejects.toThrow(
    /no tenant is set/,
  )
  expect(await left()).toBe(7)
})
