import { expect } from 'vitest'
import type { LedgerEntry } from '../../../../simulator/main.ts'
import { readNotWritten } from '../../../../src/queries/not-written.ts'
import { readStep } from '../../../../src/queries/step.ts'
import { brokenInvariants } from '../../../invariants.ts'
import type { WriteRow } from '../../../worker/writing.ts'
import { effectsOf } from './senders.ts'
import type { Deal, Edit, World } from './world.ts'

type Step = {
  opportunity_id: string
  number: number
  how: string
  details: string | null
  outcome: string | null
  made_by: string | null
}

/** Asks, while nobody does anything, for everything that may never be. */
export async function expectKept(world: World): Promise<void> {
  const { all, client } = world
  const steps = await all.db.query<Step>(
    'select opportunity_id, number, how, details, outcome, made_by from next_actions where tenant_id = $1',
    [client.tenantId],
  )
  const writes = await writesOf(world)
  expectToldKept(world, steps.rows)
  expectAllQueued(steps.rows, writes)
  for (const write of writes) expectTrue(world, write, writes)
  await expectTasksKnown(world, writes)
  for (const deal of world.deals) await expectOnCard(world, deal, steps.rows, writes)
  expect(await brokenInvariants(all.url, /^(Steps|Writes|History)/)).toEqual([])
}

export async function writesOf({ all, client }: World): Promise<WriteRow[]> {
  const { rows } = await all.db.query<{ row: WriteRow }>(
    'select to_jsonb(w) as row from crm_writes w where tenant_id = $1 order by opportunity_id, number',
    [client.tenantId],
  )
  return rows.map(({ row }) => row)
}

const keyOf = (row: { opportunity_id?: unknown; number: number }) =>
  `${String(row.opportunity_id)} ${row.number}`

/** Nothing that somebody was told is missing or different, and nothing is there that nobody did. */
function expectToldKept({ told, unknown }: World, steps: Step[]): void {
  const there = new Map(steps.map((row) => [keyOf(row), row]))
  for (const { id, number, details, outcome, madeBy } of told)
    expect(there.get(`${id} ${number}`)).toMatchObject({ details, outcome, made_by: madeBy })
  const known = new Set(told.map(({ id, number }) => `${id} ${number}`))
  const untold = steps.filter((row) => row.made_by !== null && !known.has(keyOf(row)))
  expect(untold.length).toBeLessThanOrEqual(unknown.size)
}

/** Whatever a person planned or ended is to be written, and nothing else is. */
function expectAllQueued(steps: Step[], writes: WriteRow[]): void {
  const meant = steps.filter(
    ({ how, made_by: madeBy }) => madeBy !== null && how !== 'suggested' && how !== 'undone',
  )
  expect(writes.map(keyOf).toSorted()).toEqual(meant.map(keyOf).toSorted())
}

/** What a write says of itself is what the CRM has done. */
function expectTrue(world: World, write: WriteRow, writes: WriteRow[]): void {
  const effects = effectsOf(world, write)
  const takenAway = world.takenAway.filter(({ key }) => key === write.idempotency_key)
  const away = takenAway.length
  const said = [write.state, write.refused_because, effects.length]
  expect(effects.length, `done twice: ${said.join()}`).toBeLessThanOrEqual(1 + away)
  if (write.state === 'pending') expect(effects.length, said.join()).toBeLessThanOrEqual(away)
  if (write.state === 'sent' || write.state === 'confirmed')
    expect(
      isDone(effects, takenAway, write) || wasSoAlready(world, write, writes),
      `not done: ${said.join()}`,
    ).toBe(true)
  if (write.state === 'refused' && away === 0)
    for (const { seq } of effects)
      expect(
        editsOf(world, write).filter(({ afterSeq }) => afterSeq >= seq),
        said.join(),
      ).not.toEqual([])
}

/** It was done since its task was last taken away, unless it has not been sent again since. */
function isDone(effects: LedgerEntry[], takenAway: World['takenAway'], write: WriteRow): boolean {
  const sentAt = new Date(String(write['sent_at']))
  const before = takenAway.findLast(({ at }) => at < sentAt)
  return effects.some(({ seq }) => seq > (before?.afterSeq ?? -1))
}

const editsOf = ({ edits, deals }: World, { opportunity_id: id }: WriteRow): Edit[] =>
  edits.filter(({ crmId }) => deals.some((deal) => deal.id === id && deal.crmId === crmId))

/** It had ended so before we came: by somebody there, or by an earlier write of ours. */
function wasSoAlready(world: World, write: WriteRow, writes: WriteRow[]): boolean {
  if (write.task_id !== null) return false
  const before = writes.filter(
    (one) => one['opportunity_id'] === write['opportunity_id'] && one.number < write.number,
  )
  const isSame = (one: WriteRow) => outcomeOf(one) === outcomeOf(write) && effectsOf(world, one).length > 0
  return editsOf(world, write).some(({ is }) => is === 'stage') || before.some(isSame)
}

const outcomeOf = (write: WriteRow) => (write['payload'] as { outcome?: string }).outcome

/** Every task of ours in the CRM is the one that its write knows, no two are of one write, and only what a sync has read is confirmed. */
async function expectTasksKnown({ client }: World, writes: WriteRow[]): Promise<void> {
  const tasks = client.account.truth().activities
  const read = new Set((await client.records('activities')).map(({ id }) => id))
  const unread = writes.filter(
    ({ state, activity_id: id }) => state === 'confirmed' && id !== null && !read.has(id),
  )
  expect(unread).toEqual([])
  for (const write of writes) {
    const own = tasks.filter(({ description }) => description.includes(`Tidemark ${write.idempotency_key}`))
    expect(own.length).toBeLessThanOrEqual(1)
    if (own.length > 0 && (write.state === 'sent' || write.state === 'confirmed'))
      expect(write.task_id).toBe(`tasks/${own[0]?.id}`)
  }
}

/** A person who looks at the opportunity reads what became of the change that holds, also where a later one was taken back. */
async function expectOnCard(
  { client, screen }: World,
  { id }: Deal,
  steps: Step[],
  writes: WriteRow[],
): Promise<void> {
  const scope = {
    now: new Date(),
    timeZone: 'UTC',
    currency: 'USD',
    taskConnectionIds: [client.connectionId],
  }
  const card = await screen.asTenant(client.tenantId, (tx) => readStep(tx, scope, id))
  const how = new Map(steps.filter((row) => row.opportunity_id === id).map((row) => [row.number, row.how]))
  let number = card?.version ?? 0
  // What is taken back is the row before; planned again is what stood before that.
  while (how.get(number) === 'undone') number -= 2
  const write = writes.find((one) => one['opportunity_id'] === id && one.number === number)
  const because = write?.refused_because ?? write?.waits_because ?? null
  expect(card?.write ?? null).toEqual(write === undefined ? null : { state: write.state, because })
  const listed = await screen.asTenant(client.tenantId, readNotWritten)
  expect(listed.some(({ opportunityId }) => opportunityId === id)).toBe(write?.state === 'refused')
}
