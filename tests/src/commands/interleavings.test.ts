import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, sql, type Database, type Tx } from '../../../drizzle/db.ts'
import type { StepChanged } from '../../../src/commands/add-step.ts'
import { completeAction } from '../../../src/commands/complete-action.ts'
import { moveAction } from '../../../src/commands/move-action.ts'
import { undoAction } from '../../../src/commands/undo-action.ts'
import { useSuggestion } from '../../../src/commands/use-suggestion.ts'
import { brokenInvariants } from '../../invariants.ts'
import { arrange, rosewood, type Arrangement, type Client } from '../../worker/arrange.ts'

let all: Arrangement
let web: Database

beforeAll(async () => {
  all = await arrange([{ ...rosewood, people: 8 }])
  web = connect({
    url: all.url,
    role: 'tidemark_web',
    max: 8,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  })
})
afterAll(async () => {
  await web.close()
  await all.close()
})

/** What somebody was told was done: the row there must be, for ever. */
type Told = { id: string; number: number; details: string | null; outcome: string | null; madeBy: string }

type World = {
  client: Client
  deals: { id: string; sourceId: string; version: number }[]
  stages: Map<string, string>
  people: string[]
  told: Told[]
  /** Words that were sent when the connection went: they may stand there, once, or not. */
  unknown: Set<string>
}

type Pick = { deal: number; person: number; days: number; stale: boolean; words: string }
type Deed = (world: World, pick: Pick) => Promise<unknown>

const actor = (userId: string) =>
  ({ userId, name: userId, road: 'session', address: null, requestId: null }) as const
const ahead = (days: number) => new Date(Date.now() + (days + 1) * 86_400_000).toISOString()
const dealOf = ({ deals }: World, { deal }: Pick) =>
  deals[deal % deals.length] ?? { id: '', sourceId: '', version: 0 }
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
    const outcome = await web.asTenant(world.client.tenantId, (tx) => work(tx, deal.id, version))
    if (!('state' in outcome)) return
    const { version: number, details, outcome: ended } = outcome.state
    world.told.push({ id: deal.id, number, details, outcome: ended, madeBy: personOf(world, pick) })
    deal.version = number
  } catch {
    world.unknown.add(pick.words)
  }
}

const given = (pick: Pick, version: number | undefined) => ({
  new_next_action_at: ahead(pick.days),
  new_next_action_details: pick.words,
  ...(version !== undefined && { version }),
})

const deeds: Record<string, Deed> = {
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
      moveAction(tx, actor(personOf(world, pick)), id, { next_action_at: ahead(pick.days) }),
    ),
  'take back': (world, pick) =>
    change(world, pick, (tx, id) =>
      undoAction(tx, actor(personOf(world, pick)), id, dealOf(world, pick).version),
    ),
  'take over': async (world, pick) => {
    const { rows } = await all.db.query<{ id: string }>(
      `select a.id from activities a join opportunities o on o.tenant_id = a.tenant_id and o.contact_id = a.contact_id
       where o.id = $1 and not a.is_done limit 1`,
      [dealOf(world, pick).id],
    )
    await change(world, pick, (tx, id) =>
      useSuggestion(tx, actor(personOf(world, pick)), id, { activity: rows[0]?.id ?? id }),
    )
  },
  'complete, and stop before the end': async (world, pick) => {
    const deal = dealOf(world, pick)
    const stopped = web.asTenant(world.client.tenantId, async (tx) => {
      await completeAction(tx, actor(personOf(world, pick)), deal.id, given(pick, undefined))
      if (pick.stale) throw new Error('stopped')
      await tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`)
    })
    await expect(stopped).rejects.toThrow()
  },
  'end every session of the web': () =>
    all.db.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'tidemark web'`,
    ),
  'win in the CRM': async (world, pick) => edit(world, pick, 'FA Signed'),
  'lose in the CRM': async (world, pick) => edit(world, pick, 'Bad Lead'),
  'open in the CRM': async (world, pick) => edit(world, pick, 'FDD Sent'),
  'change its value in the CRM': async (world, pick) =>
    attempt(() =>
      world.client.account.editDeal(dealOf(world, pick).sourceId, { amountMinor: pick.days * 100 }),
    ),
  'remove it in the CRM': async (world, pick) =>
    attempt(() => world.client.account.removeDeal(dealOf(world, pick).sourceId)),
  'bring it back in the CRM': async (world, pick) =>
    attempt(() => world.client.account.restoreDeal(dealOf(world, pick).sourceId)),
  sync: ({ client }) => client.sync({ acceptAbsence: true }),
}

function edit(world: World, pick: Pick, stage: string): void {
  attempt(() =>
    world.client.account.editDeal(dealOf(world, pick).sourceId, { stageId: Number(world.stages.get(stage)) }),
  )
}

/** The simulated account refuses to change a deal that is not there. */
function attempt(deed: () => void): void {
  try {
    deed()
  } catch {
    // Nothing was changed.
  }
}

async function begin(): Promise<World> {
  const client = await all.connect()
  await client.sync({ streams: ['stages'] })
  const stages = await client.records('stages')
  const stageId = Number(stages.find(({ name }) => name === 'FDD Sent')?.source_id)
  // Of people with something planned, so that there is something to take over.
  const [someone = '0'] = client.account.truth().people.map(({ id }) => id)
  client.account.addActivity(someone, { kind: 'appointment' })
  const made = new Set([1, 2, 3].map(() => client.account.addDeal(someone, { stageId })))
  await client.sync()
  const open = (await client.records('opportunities')).filter(({ source_id: id }) => made.has(String(id)))
  expect(open.map(({ status }) => status)).toEqual(['open', 'open', 'open'])
  const people = [randomUUID(), randomUUID()]
  await all.db.query('update tenants set writes_back = $2 where id = $1', [
    client.tenantId,
    people.toSorted()[0] === people[0],
  ])
  return {
    client,
    stages: new Map(stages.map(({ name, source_id: sourceId }) => [String(name), String(sourceId)])),
    deals: open.map(({ id, source_id: sourceId }) => ({
      id: String(id),
      sourceId: String(sourceId),
      version: 0,
    })),
    people,
    told: [],
    unknown: new Set(),
  }
}

type Row = {
  opportunity_id: string
  number: number
  how: string
  details: string | null
  outcome: string | null
  made_by: string | null
}

/** Nothing that somebody was told is missing or different, and nothing is there that nobody did. */
async function expectKept({ client, told, unknown }: World): Promise<void> {
  const { rows } = await all.db.query<Row>(
    'select opportunity_id, number, how, details, outcome, made_by from next_actions where tenant_id = $1',
    [client.tenantId],
  )
  const there = new Map(rows.map((row) => [`${row.opportunity_id} ${row.number}`, row]))
  for (const { id, number, details, outcome, madeBy } of told)
    expect(there.get(`${id} ${number}`)).toMatchObject({ details, outcome, made_by: madeBy })
  const known = new Set(told.map(({ id, number }) => `${id} ${number}`))
  const untold = rows.filter(
    (row) => row.made_by !== null && !known.has(`${row.opportunity_id} ${row.number}`),
  )
  expect(untold.length).toBeLessThanOrEqual(unknown.size)
  const broken = await brokenInvariants(all.url)
  expect(broken.filter(({ name }) => /^(Steps|Writes|History)/.test(name))).toEqual([])
}

const pick = fc.record({
  deal: fc.nat(2),
  person: fc.nat(1),
  days: fc.nat(30),
  stale: fc.boolean(),
  words: fc.uuid(),
})
const people = [
  'complete',
  'complete',
  'end with an outcome',
  'put off',
  'take back',
  'take over',
  'complete, and stop before the end',
]
const crm = Object.keys(deeds).filter((name) => name.endsWith('in the CRM'))
const one = fc.tuple(fc.constantFrom(...people, ...crm, 'end every session of the web'), pick)
/** What happens at the same moment; every other time together with a sync. */
const moment = fc.record({ deeds: fc.array(one, { minLength: 1, maxLength: 5 }), syncs: fc.boolean() })

test('whoever does whatever at the same moment, and whatever breaks: no step is lost, doubled or written over', async () => {
  let done = 0
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 2, maxLength: 8 }), async (moments) => {
      const world = await begin()
      for (const { deeds: these, syncs } of moments) {
        const at = (name: string, picked: Pick) => deeds[name]?.(world, picked)
        await Promise.all([
          ...these.map(([name, picked]) => at(name, picked)),
          ...(syncs ? [world.client.sync({ acceptAbsence: true })] : []),
        ])
        await expectKept(world)
      }
      done += world.told.length
    }),
    { numRuns: 12, endOnFailure: true },
  )
  // It was not all refused.
  expect(done).toBeGreaterThan(20)
}, 120_000)
