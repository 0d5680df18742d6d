import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { acceptInvitation } from '../../../src/commands/accept-invitation.ts'
import { changeRole } from '../../../src/commands/change-role.ts'
import { mostOfWorkspace, mostToOne } from '../../../src/commands/invitation-limits.ts'
import { inviteMembers, linkHash } from '../../../src/commands/invite-member.ts'
import { removeMember } from '../../../src/commands/remove-member.ts'
import { revokeInvitation } from '../../../src/commands/revoke-invitation.ts'
import { findInvitation, readOpenInvitations } from '../../../src/queries/invitations.ts'
import { startPlace, type Place, type Someone } from '../place.ts'

let place: Place
let tenantId: string
let ana: Someone

beforeAll(async () => {
  place = await startPlace()
})
afterAll(() => place.close())
beforeEach(async () => {
  tenantId = await place.seed.tenant(`t${randomUUID().slice(0, 8)}`)
  ana = await place.someone('admin', tenantId)
})

const ask = (emails: string, role = 'rep') =>
  place.database.asTenant(tenantId, (tx) => inviteMembers(tx, ana, 'Ana Ruiz', { emails, role }))
async function invite(emails: string, role = 'rep'): Promise<string> {
  const outcome = await ask(emails, role)
  if (outcome.kind !== 'invited') throw new Error(JSON.stringify(outcome))
  return outcome.invited[0]?.token ?? ''
}
const accept = async (who: Someone, token: string, id = tenantId) =>
  (await place.database.asTenant(id, (tx) => acceptInvitation(tx, who, linkHash(token)))).kind
const open = () => place.database.asTenant(tenantId, readOpenInvitations)
const stateOf = async (token: string) => (await findInvitation(place.database, linkHash(token)))?.state
const roleOf = async (who: Someone) =>
  (
    await place.client.query<{ role: string; added_by: string }>(
      'select role, added_by from memberships where tenant_id = $1 and user_id = $2 and ended_at is null',
      [tenantId, who.userId],
    )
  ).rows

describe('an invitation', () => {
  test('is kept as a digest, for seven days, and written down', async () => {
    const token = await invite('Bo@Example.com', 'analyst')
    const { rows } = await place.client.query<{ dump: string; days: number }>(
      `select to_jsonb(i)::text as dump, extract(epoch from expires_at - created_at) / 86400 as days
         from invitations i where tenant_id = $1`,
      [tenantId],
    )
    expect(rows).toHaveLength(1)
    expect(Number(rows[0]?.days)).toBeCloseTo(7, 4)
    expect(rows[0]?.dump).not.toContain(token)
    expect(Buffer.from(token, 'base64url')).toHaveLength(32)
    expect(await open()).toMatchObject([{ email: 'bo@example.com', role: 'analyst', inviter: 'Ana Ruiz' }])
    expect(await place.audit(tenantId)).toMatchObject([
      { actor: ana.name, deed: 'member_invited', target: 'bo@example.com', after: { role: 'analyst' } },
    ])
  })

  test('for several is one each, or none', async () => {
    expect(await ask('bo@example.com, cy@example.com;\ndee@example.com bo@example.com')).toMatchObject({
      kind: 'invited',
      invited: [{ email: 'bo@example.com' }, { email: 'cy@example.com' }, { email: 'dee@example.com' }],
    })
    expect(await ask('eve@example.com nobody')).toEqual({
      kind: 'invalid',
      fields: { emails: 'nobody is no email address.' },
    })
    expect(await ask(`eve@example.com ${ana.name}`)).toEqual({
      kind: 'invalid',
      fields: { emails: `Already a member: ${ana.name}.` },
    })
    expect(await open()).toHaveLength(3)
  })

  test.each([
    ['', 'rep', { emails: 'Give at least one address.' }],
    [' , ; ', 'rep', { emails: 'Give at least one address.' }],
    [
      Array.from({ length: 21 }, (_, n) => `n${n}@example.com`).join(' '),
      'rep',
      { emails: 'At most 20 at once.' },
    ],
    ['bo@example.com', 'operator', { role: 'Choose a role.' }],
    ['bo@example.com', 'owner', { role: 'Choose a role.' }],
  ])('for "%s" as %s is refused in words', async (emails, role, fields) => {
    expect(await ask(emails, role)).toEqual({ kind: 'invalid', fields })
    expect(await open()).toEqual([])
  })

  test('that is sent again ends the one before', async () => {
    const first = await invite('bo@example.com', 'viewer')
    const second = await invite('bo@example.com', 'rep')
    expect([await stateOf(first), await stateOf(second)]).toEqual(['withdrawn', 'open'])
    expect(await open()).toHaveLength(1)
  })

  test('that two admins send at once is one', async () => {
    const outcomes = await Promise.all([ask('bo@example.com'), ask('bo@example.com'), ask('bo@example.com')])
    const links = outcomes.flatMap((one) => (one.kind === 'invited' ? one.invited : []))
    expect(links.length).toBeGreaterThan(0)
    expect(await open()).toHaveLength(1)
    const states = await Promise.all(links.map(({ token }) => stateOf(token)))
    expect(states.filter((state) => state === 'open')).toHaveLength(1)
  })
})

describe('an hour', () => {
  const many = (count: number, from = 0) =>
    Array.from({ length: count }, (_, at) => `n${from + at}@example.com`).join(' ')
  const age = (minutes: number) =>
    place.client.query(
      `update invitations set created_at = created_at - make_interval(mins => $2) where tenant_id = $1`,
      [tenantId, minutes],
    )

  test('has so many invitations to one address, and no more until the first is an hour old', async () => {
    for (let sent = 0; sent < mostToOne; sent++) await invite('bo@example.com')
    const [last] = await open()
    const outcome = await ask('cy@example.com BO@example.com')
    expect(outcome).toEqual({
      kind: 'enough',
      email: 'bo@example.com',
      waitSeconds: expect.any(Number) as number,
    })
    expect(outcome.kind === 'enough' && outcome.waitSeconds).toBeGreaterThan(3_500)
    // Nobody was invited, and the link that is about stays good.
    expect(await open()).toEqual([last])
    await age(59)
    expect(await ask('bo@example.com')).toMatchObject({ kind: 'enough' })
    await age(1)
    expect(await ask('bo@example.com')).toMatchObject({ kind: 'invited' })
  })

  test('has so many invitations of a workspace, also when its admins send at once', async () => {
    const cy = await place.someone('admin', tenantId)
    const as = (who: Someone, emails: string) =>
      place.database.asTenant(tenantId, (tx) =>
        inviteMembers(tx, who, 'Ana Ruiz', { emails, role: 'viewer' }),
      )
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, at) => as(at % 2 === 0 ? ana : cy, many(19, at * 19))),
    )
    const sent = outcomes.filter(({ kind }) => kind === 'invited').length
    expect(sent).toBe(Math.floor(mostOfWorkspace / 19))
    expect(outcomes.filter(({ kind }) => kind === 'enough')).toHaveLength(6 - sent)
    expect(await open()).toHaveLength(sent * 19)
    const elsewhere = await place.seed.tenant(`e${randomUUID().slice(0, 8)}`)
    const dee = await place.someone('admin', elsewhere)
    const there = await place.database.asTenant(elsewhere, (tx) =>
      inviteMembers(tx, dee, 'Dee', { emails: many(19), role: 'viewer' }),
    )
    expect(there).toMatchObject({ kind: 'invited' })
    await age(60)
    expect(await ask(many(19, 500))).toMatchObject({ kind: 'invited' })
  })
})

describe('whoever invites', () => {
  test('must be an admin at that moment, whatever they were when they asked', async () => {
    const cy = await place.someone('admin', tenantId)
    await place.database.asTenant(tenantId, (tx) => changeRole(tx, ana, cy.userId, 'manager'))
    const given = { emails: 'bo@example.com', role: 'admin' }
    const asCy = () => place.database.asTenant(tenantId, (tx) => inviteMembers(tx, cy, 'Cy', given))
    expect(await asCy()).toEqual({ kind: 'not_allowed' })
    await place.database.asTenant(tenantId, (tx) => removeMember(tx, ana, cy.userId))
    expect(await asCy()).toEqual({ kind: 'not_allowed' })
    expect(await open()).toEqual([])
    await invite('bo@example.com')
    const [row] = await open()
    const withdraw = place.database.asTenant(tenantId, (tx) => revokeInvitation(tx, cy, row?.id ?? ''))
    expect(await withdraw).toEqual({ kind: 'not_allowed' })
    expect(await open()).toHaveLength(1)
  })

  test.each([
    [
      'is removed',
      (who: Someone) => place.database.asTenant(tenantId, (tx) => removeMember(tx, ana, who.userId)),
    ],
    [
      'becomes a manager',
      (who: Someone) => place.database.asTenant(tenantId, (tx) => changeRole(tx, ana, who.userId, 'manager')),
    ],
  ])('and then %s has invited nobody any more', async (_words, lose) => {
    const [cy, bo] = [await place.someone('admin', tenantId), await place.someone()]
    const outcome = await place.database.asTenant(tenantId, (tx) =>
      inviteMembers(tx, cy, 'Cy', { emails: bo.name, role: 'admin' }),
    )
    const token = outcome.kind === 'invited' ? (outcome.invited[0]?.token ?? '') : ''
    const ours = await invite('dee@example.com')
    expect(await stateOf(token)).toBe('open')
    await lose(cy)
    expect(await stateOf(token)).toBe('void')
    expect(await accept(bo, token)).toBe('refused')
    expect(await roleOf(bo)).toEqual([])
    expect(await stateOf(ours)).toBe('open')
    expect((await place.audit(tenantId)).at(-1)).toMatchObject({
      actor: ana.name,
      deed: 'invitation_revoked',
      target: bo.name,
    })
  })

  test('and whose membership ends by another way has invited nobody any more, either', async () => {
    const [cy, bo] = [await place.someone('admin', tenantId), await place.someone()]
    const outcome = await place.database.asTenant(tenantId, (tx) =>
      inviteMembers(tx, cy, 'Cy', { emails: bo.name, role: 'admin' }),
    )
    const token = outcome.kind === 'invited' ? (outcome.invited[0]?.token ?? '') : ''
    await place.client.query('update memberships set ended_at = now() where user_id = $1', [cy.userId])
    expect(await stateOf(token)).toBe('void')
    expect(await accept(bo, token)).toBe('refused')
    // An admin elsewhere is none here.
    const elsewhere = await place.seed.tenant(`e${randomUUID().slice(0, 8)}`)
    await place.seed.insert('memberships', { tenant_id: elsewhere, user_id: cy.userId, role: 'admin' })
    expect(await accept(bo, token)).toBe('refused')
  })

  test('at the moment in which they are removed leaves no link that opens', async () => {
    for (let round = 0; round < 10; round++) {
      const [cy, bo] = [await place.someone('admin', tenantId), await place.someone()]
      const [outcome, removed] = await Promise.all([
        place.database.asTenant(tenantId, (tx) =>
          inviteMembers(tx, cy, 'Cy', { emails: bo.name, role: 'admin' }),
        ),
        place.database.asTenant(tenantId, (tx) => removeMember(tx, ana, cy.userId)),
      ])
      expect(removed.kind).toBe('removed')
      if (outcome.kind !== 'invited') expect(outcome).toEqual({ kind: 'not_allowed' })
      else expect(await accept(bo, outcome.invited[0]?.token ?? '')).toBe('refused')
      expect(await roleOf(bo)).toEqual([])
    }
  })
})

describe('whoever accepts', () => {
  test('is a member in the role of the invitation, once', async () => {
    const bo = await place.someone()
    const token = await invite(bo.name, 'analyst')
    expect(await accept(bo, token)).toBe('joined')
    expect(await roleOf(bo)).toEqual([{ role: 'analyst', added_by: ana.userId }])
    expect(await accept(bo, token)).toBe('refused')
    expect(await stateOf(token)).toBe('used')
    expect((await place.audit(tenantId)).at(-1)).toEqual({
      actor: bo.name,
      deed: 'member_joined',
      target: bo.name,
      before: null,
      after: { role: 'analyst', invited_by: 'Ana Ruiz' },
    })
  })

  test('ten times at once joins once', async () => {
    const bo = await place.someone()
    const token = await invite(bo.name)
    const kinds = await Promise.all(Array.from({ length: 10 }, () => accept(bo, token)))
    expect(kinds.toSorted()).toEqual(['joined', ...Array.from({ length: 9 }, () => 'refused')])
    expect((await place.audit(tenantId)).filter(({ deed }) => deed === 'member_joined')).toHaveLength(1)
  })

  test('must have the address that was invited', async () => {
    const [bo, eve] = [await place.someone(), await place.someone()]
    const token = await invite(bo.name, 'admin')
    expect(await accept(eve, token)).toBe('refused')
    expect(await roleOf(eve)).toEqual([])
    expect(await stateOf(token)).toBe('open')
  })

  test('finds it refused once it is withdrawn or expired, or in another workspace', async () => {
    const bo = await place.someone()
    const withdrawn = await invite(bo.name)
    const [row] = await open()
    const revoke = () => place.database.asTenant(tenantId, (tx) => revokeInvitation(tx, ana, row?.id ?? ''))
    expect(await revoke()).toEqual({ kind: 'revoked', email: bo.name })
    expect(await revoke()).toEqual({ kind: 'not_found' })
    expect(await accept(bo, withdrawn)).toBe('refused')
    const expired = await invite(bo.name)
    const elsewhere = await place.seed.tenant(`e${randomUUID().slice(0, 8)}`)
    expect(await accept(bo, expired, elsewhere)).toBe('refused')
    await place.client.query(
      `update invitations set expires_at = now() - interval '1 s' where tenant_id = $1`,
      [tenantId],
    )
    expect(await stateOf(expired)).toBe('expired')
    expect(await accept(bo, expired)).toBe('refused')
    expect(await roleOf(bo)).toEqual([])
  })

  test('at the moment in which it is withdrawn joins, or finds it refused, and never both', async () => {
    for (let round = 0; round < 8; round++) {
      const bo = await place.someone()
      const token = await invite(bo.name)
      const id = (await open()).find(({ email }) => email === bo.name)?.id ?? ''
      const [joined, revoked] = await Promise.all([
        accept(bo, token),
        place.database.asTenant(tenantId, (tx) => revokeInvitation(tx, ana, id)),
      ])
      expect([joined, revoked.kind]).toSatisfy(
        ([one, other]) =>
          (one === 'joined' && other === 'not_found') || (one === 'refused' && other === 'revoked'),
      )
      expect(await roleOf(bo)).toHaveLength(joined === 'joined' ? 1 : 0)
    }
  })

  test('came in meanwhile keeps the role they have', async () => {
    const bo = await place.someone()
    const token = await invite(bo.name, 'admin')
    await place.seed.insert('memberships', { tenant_id: tenantId, user_id: bo.userId, role: 'viewer' })
    expect(await accept(bo, token)).toBe('already_member')
    expect(await roleOf(bo)).toMatchObject([{ role: 'viewer' }])
  })

  test('was a member before is one again, with a new beginning', async () => {
    const bo = await place.someone('admin', tenantId)
    await place.client.query(`update memberships set added_at = '2020-01-01' where user_id = $1`, [bo.userId])
    await place.database.asTenant(tenantId, (tx) => removeMember(tx, ana, bo.userId))
    expect(await accept(bo, await invite(bo.name, 'viewer'))).toBe('joined')
    expect(await roleOf(bo)).toEqual([{ role: 'viewer', added_by: ana.userId }])
    const { rows } = await place.client.query<{ fresh: boolean }>(
      `select added_at > now() - interval '1 minute' as fresh from memberships where user_id = $1`,
      [bo.userId],
    )
    expect(rows).toEqual([{ fresh: true }])
  })

  test('is removed loses the link that was sent to them before', async () => {
    const bo = await place.someone()
    const token = await invite(bo.name, 'admin')
    // As the command line adds somebody who has not followed their link.
    await place.seed.insert('memberships', { tenant_id: tenantId, user_id: bo.userId, role: 'viewer' })
    await place.database.asTenant(tenantId, (tx) => removeMember(tx, ana, bo.userId))
    expect(await stateOf(token)).toBe('withdrawn')
    expect(await accept(bo, token)).toBe('refused')
    expect(await roleOf(bo)).toEqual([])
  })

  test('at the moment in which they are removed is no member afterwards, or one again, and nobody waits for nobody', async () => {
    for (let round = 0; round < 10; round++) {
      const bo = await place.someone()
      const token = await invite(bo.name, 'admin')
      await place.seed.insert('memberships', { tenant_id: tenantId, user_id: bo.userId, role: 'viewer' })
      const [accepted, removed] = await Promise.all([
        accept(bo, token),
        place.database.asTenant(tenantId, (tx) => removeMember(tx, ana, bo.userId)),
      ])
      expect(removed.kind).toBe('removed')
      expect(['already_member', 'refused']).toContain(accepted)
      expect(await roleOf(bo)).toEqual([])
    }
  })
})

test('a link that was never sent leads to no invitation', async () => {
  for (const token of ['', 'x', '0'.repeat(43), "' or 1=1 --"]) expect(await stateOf(token)).toBeUndefined()
})
