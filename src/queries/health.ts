import { and, count, eq, gt, gte, inArray, isNull, or, sql } from 'drizzle-orm'
import type { Database, Tx } from '../../drizzle/db.ts'
import journal from '../../drizzle/migrations/meta/_journal.json' with { type: 'json' }
import { crmWrites, quarantine, syncRuns, tenants, workers } from '../../drizzle/schema/index.ts'
import { instantOrNull, wholeNumber } from './decode.ts'
import { readSyncStatus, type SyncStatus } from './sync-status.ts'

/** Names of the migrations that this program has and the database has not. Throws when the database is away. */
export async function pendingMigrations(database: Database): Promise<string[]> {
  const { rows } = await database.outsideTenants.query<{ done: string | null }>(
    'select max(created_at) as done from drizzle.__drizzle_migrations',
  )
  const done = Number(rows[0]?.done ?? 0)
  return journal.entries.filter((entry) => entry.when > done).map((entry) => entry.tag)
}

/** Seconds since any worker was heard of, by the database's clock; null when none ever was. */
export async function secondsSinceHeartbeat(database: Database): Promise<number | null> {
  const [row] = await database.asOperator((tx) =>
    tx
      .select({
        now: sql`now()`.mapWith(instantOrNull),
        beatAt: sql`max(${workers.beatAt})`.mapWith(instantOrNull),
      })
      .from(workers),
  )
  if (!row?.now || !row.beatAt) return null
  return Math.max(0, (row.now.getTime() - row.beatAt.getTime()) / 1_000)
}

export type Gauges = {
  status: SyncStatus
  /** Slugs by tenant id. */
  slugs: Map<string, string>
  /** Runs queued in the last 24 hours, per workspace and status. */
  runs: { workspace: string; status: string; count: number }[]
  /** Records set aside and not read since, per connection and stream. */
  setAside: { workspace: string; connectionId: string; stream: string; count: number }[]
  /** Writes to the CRM, per connection and state; refused ones of the last seven days. */
  writes: { workspace: string; connectionId: string; state: string; count: number }[]
}

/** What `/metrics` says about the sync of all workspaces. */
export async function readGauges(database: Database): Promise<Gauges> {
  return database.asOperator(async (tx) => {
    const slugs = await tx.select({ id: tenants.id, slug: tenants.slug }).from(tenants)
    return {
      status: await readSyncStatus(tx),
      slugs: new Map(slugs.map(({ id, slug }) => [id, slug])),
      runs: await countRuns(tx),
      setAside: await countSetAside(tx),
      writes: await countWrites(tx),
    }
  })
}

/** How many next actions of each tenant are due by now, by its id; tenants without any are not named. Looks at all of them. */
export async function countDueActions(database: Database): Promise<Map<string, number>> {
  const { rows } = await database.asOperator((tx) =>
    tx.execute<{ tenant_id: string; count: number }>(sql`select * from app.count_due_actions()`),
  )
  return new Map(rows.map(({ tenant_id: tenantId, count: due }) => [tenantId, due]))
}

function countRuns(tx: Tx) {
  return tx
    .select({ workspace: tenants.slug, status: syncRuns.status, count: count() })
    .from(syncRuns)
    .innerJoin(tenants, eq(tenants.id, syncRuns.tenantId))
    .where(gte(syncRuns.queuedAt, sql`now() - interval '24 hours'`))
    .groupBy(tenants.slug, syncRuns.status)
}

function countSetAside(tx: Tx) {
  return tx
    .select({
      workspace: tenants.slug,
      connectionId: quarantine.connectionId,
      stream: quarantine.stream,
      count: sql`count(*)`.mapWith(wholeNumber),
    })
    .from(quarantine)
    .innerJoin(tenants, and(eq(tenants.id, quarantine.tenantId)))
    .where(isNull(quarantine.resolvedAt))
    .groupBy(tenants.slug, quarantine.connectionId, quarantine.stream)
}

function countWrites(tx: Tx) {
  const isOpen = inArray(crmWrites.state, ['pending', 'sending', 'sent'])
  const wasRefused = and(
    eq(crmWrites.state, 'refused'),
    gt(crmWrites.attempts, 0),
    gte(crmWrites.settledAt, sql`now() - interval '7 days'`),
  )
  return tx
    .select({
      workspace: tenants.slug,
      connectionId: crmWrites.connectionId,
      state: crmWrites.state,
      count: sql`count(*)`.mapWith(wholeNumber),
    })
    .from(crmWrites)
    .innerJoin(tenants, eq(tenants.id, crmWrites.tenantId))
    .where(or(isOpen, wasRefused))
    .groupBy(tenants.slug, crmWrites.connectionId, crmWrites.state)
}
