import fc from 'fast-check'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../../drizzle/db.ts'
import { memberRoles, type MemberRole } from '../../../drizzle/schema/access.ts'
import { changeRole } from '../../../src/commands/change-role.ts'
import { demandSecondFactor } from '../../../src/commands/demand-second-factor.ts'
import { commandLine, type Actor } from '../../../src/commands/record-deed.ts'
import { removeMember } from '../../../src/commands/remove-member.ts'
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
  bo = await place.someone('manager', tenantId)
})

const inTenant = <T>(work: Parameters<typeof place.database.asTenant<T>>[1], id = tenantId) =>
  place.database.asTenant(id, work)
const change = (by: Actor, whom: Someone, role: MemberRole) =>
  inTenant((tx) => changeRole(tx, by, whom.userId, role))
const remove = (by: Actor, whom: Someone) => inTenant((tx) => removeMember(tx, by, whom.userId))

async function members(id = tenantId) {
  const { rows } = await place.client.query<{ userId: string; role: MemberRole; hasEnded: boolean }>(
    `select user_id as "userId", role, ended_at is not null as "hasEnded" from memberships where tenant_id = $1`,
    [id],
  )
  return rows
}
const roleOf = async ({ userId }: Someone) => (await members()).find((one) => one.userId === userId)
const liveKeys = async ({ userId }: Someone) =>
  (await place.client.query('select id from api_keys where user_id = $1 and revoked_at is null', [userId]))
    .rowCount

describe('a role', () => {
  test('is changed by an admin, with a line in the audit log', async () => {
    expect(await change(ana, bo, 'analyst')).toEqual({ kind: 'changed', email: bo.name })
    expect(await roleOf(bo)).toMatchObject({ role: 'analyst', hasEnded: false })
    expect(await place.audit(tenantId)).toEqual([
      {
        actor: ana.name,
        deed: 'role_changed',
        target: bo.name,
        before: { role: 'manager' },
        after: { role: 'analyst' },
      },
    ])
  })

  test('that somebody has already is no deed', async () => {
    expect(await change(ana, bo, 'manager')).toEqual({ kind: 'unchanged' })
    expect(await place.audit(tenantId)).toEqual([])
  })

  test.each(memberRoles.filter((role) => role !== 'admin'))(
    'is raised by no %s, neither their own nor somebody else’s',
    async (role) => {
      const climber = await place.someone(role, tenantId)
      expect(await change(climber, climber, 'admin')).toEqual({ kind: 'not_allowed' })
      expect(await change(climber, bo, 'admin')).toEqual({ kind: 'not_allowed' })
      expect(await roleOf(climber)).toMatchObject({ role })
      expect(await place.audit(tenantId)).toEqual([])
    },
  )

  test('is changed by no admin of another workspace, and not there', async () => {
    const elsewhere = await place.seed.tenant(`e${randomUUID().slice(0, 8)}`)
    const cy = await place.someone('admin', elsewhere)
    expect(await change(cy, bo, 'viewer')).toEqual({ kind: 'not_allowed' })
    const reaching = inTenant((tx) => changeRole(tx, cy, bo.userId, 'viewer'), elsewhere)
    expect(await reaching).toEqual({ kind: 'not_found' })
    expect(await roleOf(bo)).toMatchObject({ role: 'manager' })
  })

  test('of the last admin stays', async () => {
    expect(await change(ana, ana, 'manager')).toEqual({ kind: 'last_admin' })
    expect(await change(commandLine, ana, 'viewer')).toEqual({ kind: 'last_admin' })
    await change(ana, bo, 'admin')
    expect(await change(ana, ana, 'manager')).toMatchObject({ kind: 'changed' })
  })

  test('without the API ends the keys, for good', async () => {
    await seedKey(place.seed, tenantId, bo.name)
    await seedKey(place.seed, tenantId, bo.name)
    await change(ana, bo, 'analyst')
    expect(await liveKeys(bo)).toBe(2)
    await change(ana, bo, 'viewer')
    expect(await liveKeys(bo)).toBe(0)
    expect((await place.audit(tenantId)).slice(-3)).toMatchObject([
      { deed: 'role_changed', after: { role: 'viewer' } },
      { deed: 'api_key_revoked', target: 'API key nightly', after: { because: `${bo.name} is viewer now` } },
      { deed: 'api_key_revoked', target: 'API key nightly', before: { key: expect.any(String) as string } },
    ])
    await change(ana, bo, 'admin')
    expect(await liveKeys(bo)).toBe(0)
  })
})

describe('a member', () => {
  test('who is removed keeps a row with its end, and no key', async () => {
    await seedKey(place.seed, tenantId, bo.name)
    const elsewhere = await place.seed.tenant(`e${randomUUID().slice(0, 8)}`)
    await seedKey(place.seed, elsewhere, bo.name)
    expect(await remove(ana, bo)).toEqual({ kind: 'removed', email: bo.name })
    expect(await roleOf(bo)).toMatchObject({ role: 'manager', hasEnded: true })
    expect(await liveKeys(bo)).toBe(1)
    expect(await place.audit(tenantId)).toEqual([
      {
        actor: ana.name,
        deed: 'member_removed',
        target: bo.name,
        before: { role: 'manager' },
        after: null,
      },
      {
        actor: ana.name,
        deed: 'api_key_revoked',
        target: 'API key nightly',
        before: { key: expect.stringMatching(/^tdm_.{8}$/) as string },
        after: { because: `${bo.name} was removed` },
      },
    ])
    expect(await remove(ana, bo)).toEqual({ kind: 'not_found' })
    expect(await change(ana, bo, 'admin')).toEqual({ kind: 'not_found' })
  })

  test('is removed by nobody who is no admin, and nobody who was one', async () => {
    expect(await remove(bo, ana)).toEqual({ kind: 'not_allowed' })
    const cy = await place.someone('admin', tenantId)
    await remove(ana, cy)
    expect(await remove(cy, ana)).toEqual({ kind: 'not_allowed' })
    expect(await remove(cy, bo)).toEqual({ kind: 'not_allowed' })
  })

  test('who is the last admin stays', async () => {
    expect(await remove(ana, ana)).toEqual({ kind: 'last_admin' })
    expect(await remove(commandLine, ana)).toEqual({ kind: 'last_admin' })
    expect(await place.audit(tenantId)).toEqual([])
  })
})

describe('of two admins', () => {
  test.each([
    ['who remove each other at once', (one: Someone, other: Someone) => remove(one, other)],
    ['who leave at once', (one: Someone) => remove(one, one)],
    ['who step down at once', (one: Someone) => change(one, one, 'viewer')],
    ['whom somebody removes at once', (_one: Someone, other: Someone) => remove(commandLine, other)],
  ])('%s, one is left', async (_words, deed) => {
    for (let round = 0; round < 5; round++) {
      const cy = await place.someone('admin', tenantId)
      const admin = (await members()).find(({ role, hasEnded }) => role === 'admin' && !hasEnded)
      const other: Someone = admin?.userId === ana.userId ? ana : { ...ana, userId: admin?.userId ?? '' }
      const outcomes = await Promise.all([deed(cy, other), deed(other, cy)])
      expect(outcomes.filter(({ kind }) => ['removed', 'changed'].includes(kind))).toHaveLength(1)
      const admins = (await members()).filter(({ role, hasEnded }) => role === 'admin' && !hasEnded)
      if (admins[0]?.userId === cy.userId) ana = cy
      expect(admins).toHaveLength(1)
    }
  })
})

const pause = fc.integer({ min: 0, max: 8 })
const deeds = fc.record({
  by: fc.integer({ min: -1, max: 3 }),
  whom: fc.integer({ min: 0, max: 3 }),
  /** None: remove. */
  role: fc.option(fc.constantFrom(...memberRoles), { freq: 2 }),
  before: pause,
  after: pause,
})

test('whatever several people do to each other at once, an admin is left, and every deed that was done is written down', async () => {
  const worlds = fc.record({
    roles: fc.array(fc.constantFrom('admin', 'admin', 'manager', 'viewer'), { minLength: 3, maxLength: 3 }),
    rounds: fc.array(fc.array(deeds, { minLength: 2, maxLength: 6 }), { minLength: 1, maxLength: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(worlds, async ({ roles, rounds }) => {
      const id = await place.seed.tenant(`p${randomUUID().slice(0, 12)}`)
      const people = [await place.someone('admin', id)]
      for (const role of roles) people.push(await place.someone(role, id))
      let done = 0
      for (const round of rounds) {
        const outcomes = await Promise.all(
          round.map(({ by, whom, role, before, after }) =>
            inTenant(async (tx) => {
              await tx.execute(sql`select pg_sleep(${before / 1_000})`)
              const actor = people[by] ?? commandLine
              const target = people[whom]?.userId ?? ''
              const outcome =
                role === null
                  ? await removeMember(tx, actor, target)
                  : await changeRole(tx, actor, target, role)
              await tx.execute(sql`select pg_sleep(${after / 1_000})`)
              return outcome.kind
            }, id),
          ),
        )
        done += outcomes.filter((kind) => kind === 'removed' || kind === 'changed').length
        const left = await members(id)
        expect(left).toHaveLength(4)
        expect(left.filter(({ role, hasEnded }) => role === 'admin' && !hasEnded)).not.toEqual([])
      }
      const written = await place.audit(id)
      expect(written).toHaveLength(done)
      // What the log says, one after the other, leads to what is there: nothing was decided by what was no longer so.
      const told = new Map<string, string | null>(
        people.map(({ name }, index) => [name, index === 0 ? 'admin' : (roles[index - 1] ?? null)]),
      )
      for (const { actor, target, before, after } of written as {
        actor: string
        target: string
        before: { role: string }
        after: { role: string } | null
      }[]) {
        if (actor !== commandLine.name) expect(told.get(actor)).toBe('admin')
        expect(told.get(target)).toBe(before.role)
        told.set(target, after?.role ?? null)
      }
      for (const { userId, role, hasEnded } of await members(id)) {
        const name = people.find((one) => one.userId === userId)?.name ?? ''
        expect(told.get(name)).toBe(hasEnded ? null : role)
      }
    }),
    { numRuns: 40 },
  )
})

test('a second factor is demanded and demanded no more, each once', async () => {
  const demand = (isDemanded: boolean) => inTenant((tx) => demandSecondFactor(tx, ana, isDemanded))
  const slug = async () =>
    (
      await place.client.query<{ name: string; strict: boolean }>(
        'select name, requires_second_factor as strict from tenants where id = $1',
        [tenantId],
      )
    ).rows[0]
  expect((await Promise.all([demand(true), demand(true)])).map(({ kind }) => kind).toSorted()).toEqual([
    'changed',
    'unchanged',
  ])
  expect(await slug()).toMatchObject({ strict: true })
  expect(await demand(false)).toEqual({ kind: 'changed' })
  expect((await place.audit(tenantId)).map(({ deed }) => deed)).toEqual([
    'second_factor_demanded',
    'second_factor_no_longer_demanded',
  ])
  const { rows } = await place.client.query('select 1 from tenants where requires_second_factor')
  expect(rows).toEqual([])
})
