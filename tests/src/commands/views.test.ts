import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { changeView } from '../../../src/commands/change-view.ts'
import { deleteView, restoreView } from '../../../src/commands/delete-view.ts'
import { mostViews, saveView } from '../../../src/commands/save-view.ts'
import { readSavedViews } from '../../../src/queries/saved-views.ts'
import type { Role } from '../../../src/server/access.ts'
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

const inTenant = <T>(work: Parameters<typeof place.database.asTenant<T>>[1], id = tenantId) =>
  place.database.asTenant(id, work)
const given = { page: 'leads', name: 'Referrals', query: 'source=Referral', isShared: false }
const save = (by: Someone, changes: Partial<typeof given> = {}, role: Role = 'rep') =>
  inTenant((tx) => saveView(tx, by, role, { ...given, ...changes }))
async function saved(by: Someone, changes: Partial<typeof given> = {}): Promise<string> {
  const outcome = await save(by, changes)
  if (outcome.kind !== 'saved') throw new Error(outcome.kind)
  return outcome.id
}
const change = (by: Someone, id: string, what: unknown, role: Role = 'rep') =>
  inTenant((tx) => changeView(tx, by, role, id, what))
const remove = (by: Someone, id: string, role: Role = 'rep') => inTenant((tx) => deleteView(tx, by, role, id))
const restore = (by: Someone, id: string, role: Role = 'rep') =>
  inTenant((tx) => restoreView(tx, by, role, id))
const seen = async (by: Someone) =>
  (await inTenant((tx) => readSavedViews(tx, by.userId, 'leads'))).map(({ name }) => name)
const deeds = async () => (await place.audit(tenantId)).map(({ deed }) => deed)

describe('a saved view', () => {
  test('is seen by whoever saved it, and by everybody once it is shared', async () => {
    const id = await saved(bo)
    expect([await seen(bo), await seen(ana)]).toEqual([['Referrals'], []])
    expect(await change(bo, id, { isShared: true })).toEqual({ kind: 'changed' })
    expect([await seen(bo), await seen(ana)]).toEqual([['Referrals'], ['Referrals']])
    expect(await change(bo, id, { isShared: false })).toEqual({ kind: 'changed' })
    expect(await seen(ana)).toEqual([])
    expect(await deeds()).toEqual(['view_shared', 'view_unshared'])
  })

  test('has a name of its own on its list, in whatever case; others may use it too', async () => {
    await saved(bo)
    expect(await save(bo, { name: ' REFERRALS ' })).toEqual({ kind: 'name_taken' })
    await saved(bo, { page: 'pipeline' })
    await saved(ana)
    const other = await saved(bo, { name: 'Other' })
    expect(await change(bo, other, { name: 'referrals' })).toEqual({ kind: 'name_taken' })
    expect(await change(bo, other, { name: 'OTHER' })).toEqual({ kind: 'changed' })
  })

  test.each(['', '   ', 'x'.repeat(61), 'line\nbreak', 'nul\u0000'])('is not called %j', async (name) => {
    expect(await save(bo, { name })).toMatchObject({ kind: 'invalid', fields: { name: expect.any(String) } })
  })

  test('is changed by nobody else, unless it is shared and they look after the workspace', async () => {
    const id = await saved(bo)
    const cy = await place.someone('manager', tenantId)
    const attempts = (by: Someone, role: Role) =>
      Promise.all([change(by, id, { name: 'Mine' }, role), remove(by, id, role), restore(by, id, role)])
    const nowhere = Array.from({ length: 3 }, () => ({ kind: 'not_found' }))
    expect(await attempts(ana, 'admin')).toEqual(nowhere)
    await change(bo, id, { isShared: true })
    expect(await attempts(cy, 'manager')).toEqual(nowhere)
    expect(await change(ana, id, { name: 'Ours' }, 'admin')).toEqual({ kind: 'changed' })
    expect(await remove(ana, id, 'admin')).toEqual({ kind: 'deleted', page: 'leads' })
  })

  test('is shared by no viewer, neither when it is saved nor later', async () => {
    const vi = await place.someone('viewer', tenantId)
    expect(await save(vi, { isShared: true }, 'viewer')).toEqual({ kind: 'not_allowed' })
    const outcome = await save(vi, {}, 'viewer')
    if (outcome.kind !== 'saved') throw new Error(outcome.kind)
    expect(await change(vi, outcome.id, { isShared: true }, 'viewer')).toEqual({ kind: 'not_allowed' })
    expect(await seen(ana)).toEqual([])
  })

  test('comes back after it was deleted, once, and not under a name that is in use again', async () => {
    const id = await saved(bo)
    expect(await restore(bo, id)).toEqual({ kind: 'not_found' })
    expect(await remove(bo, id)).toEqual({ kind: 'deleted', page: 'leads' })
    expect(await remove(bo, id)).toEqual({ kind: 'not_found' })
    expect(await seen(bo)).toEqual([])
    expect(await restore(bo, id)).toEqual({ kind: 'restored', page: 'leads', query: 'source=Referral' })
    await remove(bo, id)
    await saved(bo)
    expect(await restore(bo, id)).toEqual({ kind: 'name_taken', page: 'leads' })
    expect(await seen(bo)).toEqual(['Referrals'])
  })

  test('of another workspace is not there', async () => {
    const elsewhere = await place.seed.tenant(`t${randomUUID().slice(0, 8)}`)
    const id = await saved(bo, { isShared: true })
    const there = (work: Parameters<typeof inTenant>[0]) => inTenant(work, elsewhere)
    expect(await there((tx) => changeView(tx, bo, 'admin', id, { name: 'x' }))).toEqual({ kind: 'not_found' })
    expect(await there((tx) => deleteView(tx, bo, 'admin', id))).toEqual({ kind: 'not_found' })
    expect(await there((tx) => readSavedViews(tx, bo.userId, 'leads'))).toEqual([])
  })

  test('is one of so many and no more', async () => {
    for (let n = 0; n < mostViews; n += 1) await saved(bo, { name: `View ${n}` })
    expect(await save(bo)).toEqual({ kind: 'too_many' })
    expect(await save(ana)).toMatchObject({ kind: 'saved' })
  })
})

test('whatever two people do, names stay unique, nobody sees what the other keeps, and nothing is lost', async () => {
  type Model = { id: string; by: 0 | 1; name: string; isShared: boolean; isDeleted: boolean }
  const step = fc.record({
    deed: fc.constantFrom('save', 'save', 'rename', 'share', 'unshare', 'delete', 'restore'),
    by: fc.constantFrom<(0 | 1)[]>(0, 1),
    name: fc.constantFrom('a', 'A', 'b', 'c'),
    which: fc.nat(6),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      tenantId = await place.seed.tenant(`t${randomUUID().slice(0, 8)}`)
      const two = [await place.someone('rep', tenantId), await place.someone('rep', tenantId)] as const
      const model: Model[] = []
      const isTaken = (by: 0 | 1, name: string, but?: string) =>
        model.some(
          (one) =>
            one.by === by &&
            !one.isDeleted &&
            one.id !== but &&
            one.name.toLowerCase() === name.toLowerCase(),
        )
      for (const { deed, by, name, which } of steps) {
        const who = two[by]
        if (deed === 'save') {
          const outcome = await save(who, { name })
          expect(outcome.kind).toBe(isTaken(by, name) ? 'name_taken' : 'saved')
          if (outcome.kind === 'saved')
            model.push({ id: outcome.id, by, name, isShared: false, isDeleted: false })
          continue
        }
        const view = model[which]
        if (view === undefined) continue
        const isMine = view.by === by
        const there = isMine && view.isDeleted === (deed === 'restore')
        const wouldClash =
          (deed === 'rename' || deed === 'restore') &&
          isTaken(by, deed === 'rename' ? name : view.name, view.id)
        const { kind } =
          deed === 'delete'
            ? await remove(who, view.id)
            : deed === 'restore'
              ? await restore(who, view.id)
              : await change(who, view.id, deed === 'rename' ? { name } : { isShared: deed === 'share' })
        const done = { delete: 'deleted', restore: 'restored' }[deed as string] ?? 'changed'
        expect(kind).toBe(!there ? 'not_found' : wouldClash ? 'name_taken' : done)
        if (!there || wouldClash) continue
        if (deed === 'rename') view.name = name
        else if (deed === 'delete' || deed === 'restore') view.isDeleted = deed === 'delete'
        else view.isShared = deed === 'share'
      }
      for (const by of [0, 1] as const) {
        const visible = model.filter((one) => !one.isDeleted && (one.by === by || one.isShared))
        expect((await seen(two[by])).toSorted()).toEqual(visible.map(({ name }) => name).toSorted())
      }
      const { rows } = await place.client.query<{ n: string }>(
        'select count(*) n from saved_views where tenant_id = $1',
        [tenantId],
      )
      expect(Number(rows[0]?.n)).toBe(model.length)
    }),
    { numRuns: 25 },
  )
})
