import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../drizzle/db.ts'
import type { TableName } from './connectors/connector.ts'
import { versionColumns, type LoadingPass, type LoadingRun } from './load.ts'
import type { Understood } from './normalise.ts'

/**
 * Marks records as gone, with the reason, and returns how many that were not. Nothing is deleted; an opportunity keeps the state
 * it had in its history. `learnedAt` is null for now.
 */
export async function tombstone(
  tx: Tx,
  run: LoadingRun,
  table: TableName,
  ids: string[],
  because: 'absence' | 'flag' | 'feed' | 'merge',
  learnedAt: string | null = null,
): Promise<number> {
  const these = sql`tenant_id = ${run.tenantId} and id = any(${sql.param(ids)}::uuid[]) and deleted_at is null`
  if (table === 'opportunities') await keepVersions(tx, run, these)
  const { rowCount } = await tx.execute(sql`
    update ${sql.identifier(table)} set deleted_at = coalesce(${learnedAt}::timestamptz, now()), deleted_because = ${because},
      changed_at = coalesce(${learnedAt}::timestamptz, now()) where ${these}`)
  return rowCount ?? 0
}

/** Keeps the state that these opportunities are about to lose; one that began in this very transaction was never to be seen. */
export async function keepVersions(tx: Tx, run: Pick<LoadingRun, 'id'>, these: SQL): Promise<void> {
  const columns = sql.raw(versionColumns.join(', '))
  await tx.execute(sql`
    insert into opportunity_versions (tenant_id, opportunity_id, valid_from, valid_to, run_id, ${columns})
    select tenant_id, id, changed_at, now(), ${run.id}::uuid, ${columns} from opportunities
    where ${these} and changed_at < now()`)
}

/** Marks as gone what a page names only by id, as the deletion feed of a CRM does, and returns how many of the stream's records. */
export async function buryNamed(
  tx: Tx,
  run: LoadingRun,
  { stream }: LoadingPass,
  records: Understood[],
  learnedAt: string | null = null,
): Promise<number> {
  const named = records.filter(
    ({ rows, deletedBecause }) => deletedBecause !== null && rows[stream.tables[0]] === undefined,
  )
  const buried: number[] = []
  for (const [because, those] of Map.groupBy(named, ({ deletedBecause }) => deletedBecause ?? 'feed')) {
    for (const [at, table] of stream.tables.entries()) {
      const ids = those.map(({ item }) => run.context.ownId(table, item.sourceId ?? ''))
      buried[at] = (buried[at] ?? 0) + (await tombstone(tx, run, table, ids, because, learnedAt))
    }
  }
  return buried[0] ?? 0
}
