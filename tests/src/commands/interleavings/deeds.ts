import fc from 'fast-check'
import { expect } from 'vitest'
import { sql, type Tx } from '../../../../drizzle/db.ts'
import type { StepChanged } from '../../../../src/commands/add-step.ts'
import { completeAction } from '../../../../src/commands/complete-action.ts'
import { moveAction } from '../../../../src/commands/move-action.ts'
import { retryWrite } from '../../../../src/commands/retry-write.ts'
import { undoAction } from '../../../../src/commands/undo-action.ts'
import { useSuggestion } from '../../../../src/commands/use-suggestion.ts'
import { ahead } from '../../../worker/writing.ts'
import { stageNamed, type Deal, type Edit, type World } from './world.ts'

type Pick = { deal: number; person: number; days: number; stale: boolean; words: string }
type Deed = (world: World, pick: Pick) => Promise<unknown>

const actor = (userId: string) =>
  ({ userId, name: userId, road: 'session', address: null, requestId: null }) as const
const dealOf = ({ deals }: World, { deal }: Pick): Deal =>
  deals[deal % deals.length] ?? { id: '', crmId: '', version: 0 }
const personOf = ({ people }: World, { person }: Pick) => people[person % people.length] ?? ''

/** Does it as a request would, and remembers what it was told. */
async function change(
  world: World,
  pick: Pick,
  work: (tx: Tx, id: string, version: number | undefined) => Promise<{ kind: string } | StepChanged>,
): Promise<void> {
  const deal = dealOf(world, pick)
  const version = pick.stale ? deal.version : undefined
  try {
    const outcome = await world.web.asTenant(world.client.tenantId, (tx) => work(tx, deal.id, version))
    if (!('state' in outcome)) return
    const { version: number, details, outcome: ended } = outcome.state
    world.told.push({ id: deal.id, number, details, outcome: ended, madeBy: personOf(world, pick) })
    deal.version = number
  } catch {
    world.unknown.add(pick.words)
  }
}

const given = (pick: Pick, version: number | undefined) => ({
  new_next_action_at: ahead(pick.days + 1),
  new_next_action_details: pick.words,
  ...(version !== undefined && { version }),
})

const people: Record<string, Deed> = {
  complete: (world, pick) =>
    change(world, pick, (tx, id, version) =>
      completeAction(tx, actor(personOf(world, pick)), id, given(pick, version)),
    ),
  'end with an outcome': (world, pick) =>
    change(world, pick, (tx, id) =>
      completeAction(tx, actor(personOf(world, pick)), id, { outcome: 'lost', reason: pick.words }),
    ),
  'put off': (world, pick) =>
    change(world, pick, (tx, id) =>
      moveAction(tx, actor(personOf(world, pick)), id, { next_action_at: ahead(pick.days + 1) }),
    ),
  'take back': (world, pick) =>
    change(world, pick, (tx, id) =>
      undoAction(tx, actor(personOf(world, pick)), id, dealOf(world, pick).version),
    ),
  'take over': async (world, pick) => {
    const { rows } = await world.all.db.query<{ id: string }>(
      `select a.id from activities a join opportunities o on o.tenant_id = a.tenant_id and o.id = a.opportunity_id
       where o.id = $1 and not a.is_done limit 1`,
      [dealOf(world, pick).id],
    )
    await change(world, pick, (tx, id) =>
      useSuggestion(tx, actor(personOf(world, pick)), id, { activity: rows[0]?.id ?? id }),
    )
  },
  'put off, and take that back': async (world, pick) => {
    await people['put off']?.(world, pick)
    await people['take back']?.(world, pick)
  },
  'try again to write': (world, pick) =>
    change(world, pick, (tx, id) =>
      retryWrite(tx, actor(personOf(world, pick)), id, dealOf(world, pick).version),
    ),
  'complete, and stop before the end': async (world, pick) => {
    const stopped = world.web.asTenant(world.client.tenantId, async (tx) => {
      await completeAction(tx, actor(personOf(world, pick)), dealOf(world, pick).id, given(pick, undefined))
      if (pick.stale) throw new Error('stopped')
      await tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`)
    })
    await expect(stopped).rejects.toThrow()
  },
  'end every session of the web': ({ all }) =>
    all.db.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'tidemark web'`,
    ),
}

const crm: Record<string, Deed> = {
  'win it': (world, pick) => edit(world, pick, 'stage', { stage: 'FA Signed' }),
  'lose it': (world, pick) => edit(world, pick, 'stage', { stage: 'Bad Lead' }),
  'open it': (world, pick) => edit(world, pick, 'stage', { stage: 'FDD Sent' }),
  'change its value': (world, pick) => edit(world, pick, 'value', {}),
  'remove it': (world, pick) => edit(world, pick, 'removed', {}),
  'bring it back': (world, pick) => edit(world, pick, 'restored', {}),
  'finish its task': (world, pick) =>
    onTask(world, pick, (id) => world.client.account.editActivity(id, { status: 'completed' })),
  'take its task away': (world, pick) =>
    onTask(world, pick, (id, key) => {
      world.client.account.removeActivity(id)
      const afterSeq = world.all.simulator.ledger.entries().at(-1)?.seq ?? -1
      world.takenAway.push({ key, at: new Date(), afterSeq })
    }),
  // Until then what was removed is in no list that is read.
  'let a day pass': async ({ all }) => all.simulator.advance(25 * 3_600_000),
}

/** The simulated account refuses to change a deal that is not there. */
async function edit(world: World, pick: Pick, is: Edit['is'], { stage }: { stage?: string }): Promise<void> {
  const { all, client, edits } = world
  const { crmId } = dealOf(world, pick)
  if (client.account.truth().deals.some(({ id }) => id === crmId) === (is === 'restored')) return
  // What comes later has a later time.
  all.simulator.advance(60_000)
  if (is === 'removed') client.account.removeDeal(crmId)
  else if (is === 'restored') client.account.restoreDeal(crmId)
  else if (stage === undefined) client.account.editDeal(crmId, { amountMinor: (pick.days + 1) * 100 })
  else client.account.editDeal(crmId, { stageId: stageNamed(client, stage) })
  edits.push({ crmId, is, afterSeq: all.simulator.ledger.entries().at(-1)?.seq ?? -1 })
}

/**
 * The task that we made last about the deal. Not while something about the deal is under way: whether a task was never made or was
 * taken away before anybody looked is told by no CRM.
 */
async function onTask(world: World, pick: Pick, deed: (id: string, key: string) => void): Promise<void> {
  const { rows } = await world.all.db.query<{ task: string; key: string; is_still: boolean }>(
    `select task_id as task, idempotency_key as key,
       not exists (select from crm_writes e where e.opportunity_id = w.opportunity_id and e.state in ('pending', 'sending')) as is_still
     from crm_writes w where opportunity_id = $1 and task_id is not null order by number desc limit 1`,
    [dealOf(world, pick).id],
  )
  const [last] = rows
  const id = last?.task.replace('tasks/', '')
  if (last?.is_still !== true || id === undefined) return
  if (!world.client.account.truth().activities.some((activity) => activity.id === id)) return
  world.all.simulator.advance(60_000)
  deed(id, last.key)
}

const pick = fc.record({
  deal: fc.nat(2),
  person: fc.nat(1),
  days: fc.nat(30),
  stale: fc.boolean(),
  words: fc.uuid(),
})

/** Something that one of the two people does here, or somebody in the CRM; most of all what others can be done to. */
export const deed = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(fc.constant('complete'), pick) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...Object.keys(people)), pick) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('open it', 'bring it back', ...Object.keys(crm)), pick) },
)

export const doIt = (world: World, [name, picked]: [string, Pick]): Promise<unknown> | undefined =>
  (people[name] ?? crm[name])?.(world, picked)
