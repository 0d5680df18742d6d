import { randomUUID } from 'node:crypto'
import { connect, type Database } from '../../drizzle/db.ts'
import { completeAction } from '../../src/commands/complete-action.ts'
import { moveAction } from '../../src/commands/move-action.ts'
import type { Actor } from '../../src/commands/record-deed.ts'
import { executionOf } from '../../worker/run-now.ts'
import { serveWrites } from '../../worker/outbox.ts'
import type { WriteTimes } from '../../worker/write.ts'
import type { Arrangement, Client, Stored } from './arrange.ts'

/** So quick that a test need not wait, and so long that a slow machine keeps its lease. */
export const quick: WriteTimes = {
  leaseSeconds: 30,
  requestSeconds: 2,
  backoffSeconds: 0,
  unknownSeconds: 0,
}

export type WriteRow = Stored & {
  id: string
  number: number
  state: string
  attempts: number
  idempotency_key: string
  refused_because: string | null
  waits_because: string | null
  task_id: string | null
  activity_id: string | null
}

/** A deal of the account, as we and as the account know it. */
export type Deal = { id: string; sourceId: string; crmId: string }

/** A workspace that writes to its CRM, and somebody in it. */
export type Desk = {
  by: Actor
  web: Database
  /** Open deals, each of a person of its own. */
  deals: Deal[]
  plan: (deal: Deal, details: string, days?: number) => Promise<number>
  move: (deal: Deal, days: number) => Promise<number>
  end: (deal: Deal, outcome: 'won' | 'lost' | 'disqualified', reason?: string) => Promise<number>
  /** Sends what waits, as if the time to take it back were over. */
  send: (options?: { times?: Partial<WriteTimes>; stopping?: AbortSignal }) => Promise<void>
  writes: (deal?: Deal) => Promise<WriteRow[]>
  /** The activities in the CRM that carry the marker of a write. */
  tasksOf: (key: string) => { id: string; title: string; status: string; startAt: string }[]
  close: () => Promise<void>
}

/** Turns writing on for a synced client. */
export async function openDesk(
  all: Arrangement,
  client: Client,
  wireId: (id: string) => string = (id) => id,
): Promise<Desk> {
  const { tenantId, connectionId } = client
  await all.db.query('update tenants set writes_back = true where id = $1', [tenantId])
  const web = connect({
    url: all.url,
    role: 'tidemark_web',
    max: 4,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  })
  const by: Actor = {
    userId: randomUUID(),
    name: 'Ana Reyes',
    road: 'session',
    address: null,
    requestId: null,
  }
  const change = async (work: Promise<{ kind: string; state?: { version: number } }>) => {
    const outcome = await work
    if (outcome.state === undefined) throw new Error(JSON.stringify(outcome))
    return outcome.state.version
  }
  const given = (outcome: string, reason = 'Chose another brand') => ({ outcome, reason })
  return {
    by,
    web,
    deals: await openDeals(all, client, wireId),
    plan: (deal, details, days = 3) =>
      change(
        web.asTenant(tenantId, (tx) =>
          completeAction(tx, by, deal.id, {
            new_next_action_at: ahead(days),
            new_next_action_details: details,
          }),
        ),
      ),
    move: (deal, days) =>
      change(web.asTenant(tenantId, (tx) => moveAction(tx, by, deal.id, { next_action_at: ahead(days) }))),
    end: (deal, outcome, reason) =>
      change(web.asTenant(tenantId, (tx) => completeAction(tx, by, deal.id, given(outcome, reason)))),
    send: async ({ times, stopping = new AbortController().signal } = {}) => {
      await all.db.query(`update crm_writes set send_after = least(send_after, now()) where tenant_id = $1`, [
        tenantId,
      ])
      const execution = await executionOf(all.worker, all.database, stopping)
      await serveWrites({ ...execution, writeTimes: { ...quick, ...times } }, { tenantId, connectionId })
    },
    writes: async (deal) => {
      const { rows } = await all.db.query<{ row: WriteRow }>(
        `select to_jsonb(w) as row from crm_writes w where tenant_id = $1 and ($2::uuid is null or opportunity_id = $2)
         order by opportunity_id, number`,
        [tenantId, deal?.id ?? null],
      )
      return rows.map(({ row }) => row)
    },
    tasksOf: (key) =>
      client.account.truth().activities.filter(({ description }) => description.includes(`Tidemark ${key}`)),
    close: () => web.close(),
  }
}

/** At nine in the morning of UTC, on the minute: CRMs keep no more. */
export const ahead = (days: number): string =>
  `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)}T09:00:00.000Z`

async function openDeals(
  { db }: Arrangement,
  { connectionId, account }: Client,
  wireId: (id: string) => string,
): Promise<Deal[]> {
  const { rows } = await db.query<{ id: string; source_id: string }>(
    `select id, source_id from opportunities where connection_id = $1 and status = 'open' and deleted_at is null order by source_id`,
    [connectionId],
  )
  const seen = new Set<string>()
  return account
    .truth()
    .deals.filter(({ personId }) => !seen.has(personId) && seen.add(personId))
    .flatMap(({ id: crmId }) => {
      const row = rows.find(({ source_id: sourceId }) => sourceId === wireId(crmId))
      return row === undefined ? [] : [{ id: row.id, sourceId: row.source_id, crmId }]
    })
}
