import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { changeRole } from '../../../src/commands/change-role.ts'
import { makeApiKey, mostKeys } from '../../../src/commands/make-api-key.ts'
import { removeMember } from '../../../src/commands/remove-member.ts'
import { revokeApiKey } from '../../../src/commands/revoke-api-key.ts'
import { seedKey } from '../keys.ts'
import { startPlace, type Place, type Someone } from '../place.ts'

let place: Place
let tenantId: string
let ana: Someone
let bo: Someone

beforeAll(async () => {
  place = await startPlace()
})
afterAll(() => place.close())
beforeEach(async () => {
  tenantId = await place.seed.tenant(`t${randomUUID().slice(0, 8)}`)
  ana = await place.someone('admin', tenantId)
  bo = await place.someone('rep', tenantId)
})

const make = (who: Someone) =>
  place.database.asTenant(tenantId, (tx) =>
    makeApiKey(tx, who, { name: 'nightly', scopes: ['read'], days: 9 }),
  )
const liveKeys = async (who: Someone, id = tenantId) =>
  (
    await place.client.query(
      'select id from api_keys where tenant_id = $1 and user_id = $2 and revoked_at is null and expires_at > now()',
      [id, who.userId],
    )
  ).rowCount

describe('the keys of one person', () => {
  test('are so many and no more, also when all are asked for at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: mostKeys + 8 }, () => make(bo)))
    const kinds = outcomes.map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'made')).toHaveLength(mostKeys)
    expect(kinds.filter((kind) => kind === 'enough')).toHaveLength(8)
    expect(await liveKeys(bo)).toBe(mostKeys)
    // Neither somebody else nor another workspace counts along.
    expect(await make(ana)).toMatchObject({ kind: 'made' })
  })

  test('that have ended make room', async () => {
    for (let made = 1; made < mostKeys; made++) await seedKey(place.seed, tenantId, bo.name)
    await seedKey(place.seed, tenantId, bo.name, { expires_at: new Date(Date.now() - 1_000) })
    await seedKey(place.seed, tenantId, bo.name, { revoked_at: new Date() })
    const made = await make(bo)
    expect(await make(bo)).toEqual({ kind: 'enough' })
    const id = made.kind === 'made' ? made.id : ''
    await place.database.asTenant(tenantId, (tx) => revokeApiKey(tx, bo, id))
    expect(await make(bo)).toMatchObject({ kind: 'made' })
  })

  test('are made only while their role has any', async () => {
    await place.database.asTenant(tenantId, (tx) => changeRole(tx, ana, bo.userId, 'viewer'))
    expect(await make(bo)).toEqual({ kind: 'not_allowed' })
    await place.database.asTenant(tenantId, (tx) => removeMember(tx, ana, bo.userId))
    expect(await make(bo)).toEqual({ kind: 'not_allowed' })
    expect(await make(await place.someone())).toEqual({ kind: 'not_allowed' })
  })

  test('made at the moment in which they are removed are none afterwards', async () => {
    for (let round = 0; round < 10; round++) {
      const cy = await place.someone('rep', tenantId)
      await Promise.all([
        make(cy),
        place.database.asTenant(tenantId, (tx) => removeMember(tx, ana, cy.userId)),
      ])
      expect(await liveKeys(cy)).toBe(0)
    }
  })
})

describe('a key of somebody else', () => {
  test('is ended by whoever looks after the members at that moment', async () => {
    const { id } = await seedKey(place.seed, tenantId, bo.name)
    const cy = await place.someone('admin', tenantId)
    await place.database.asTenant(tenantId, (tx) => changeRole(tx, ana, cy.userId, 'manager'))
    const end = (who: Someone) => place.database.asTenant(tenantId, (tx) => revokeApiKey(tx, who, id))
    expect(await end(cy)).toEqual({ kind: 'not_found' })
    expect(await liveKeys(bo)).toBe(1)
    expect(await end(ana)).toEqual({ kind: 'revoked', name: 'nightly' })
  })
})
