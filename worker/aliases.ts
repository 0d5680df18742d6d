import { getTableColumns, sql } from 'drizzle-orm'
import { toSnakeCase } from 'drizzle-orm/casing'
import type { Tx } from '../drizzle/db.ts'
import type { TableName } from './connectors/connector.ts'
import { recordTables, type LoadingRun } from './load.ts'
import type { Understood } from './normalise.ts'
import type { Run, StreamPass } from './run.ts'
import { keepVersions, tombstone } from './tombstone.ts'

/** A record that was merged away, and the one that stands for it, in one table of a stream. Source ids. */
export type Merge = { table: TableName; from: string; into: string }

/** Where other records name one that may be merged. */
const references: Partial<Record<TableName, string>> = {
  contacts: 'contactId',
  companies: 'companyId',
  opportunities: 'opportunityId',
  owners: 'ownerId',
}

/** Reads which records of the connection were merged into which, so that what names one of them names the other. */
export async function readAliases(
  tx: Tx,
  run: Pick<Run, 'tenantId' | 'connectionId' | 'context'>,
): Promise<void> {
  const { rows } = await tx.execute<{ stream: TableName; alias_source_id: string; source_id: string }>(sql`
    select stream, alias_source_id, source_id from record_aliases
    where tenant_id = ${run.tenantId} and connection_id = ${run.connectionId}`)
  remember(
    run,
    rows.map((row) => ({ table: row.stream, from: row.alias_source_id, into: row.source_id })),
  )
}

/** From now on the run takes the one for the other. */
export function remember({ context }: Pick<Run, 'context'>, merges: readonly Merge[]): void {
  for (const { table, from, into } of merges)
    context.aliases.set(context.ownId(table, from), context.ownId(table, into))
}

/**
 * Writes down the merges that these records tell of and that were not known: the merged records become tombstones, and what
 * named them names the one that stands for them. Returns them, to be remembered once the transaction is safe.
 */
export async function noteMerges(
  tx: Tx,
  run: LoadingRun,
  { stream }: Pick<StreamPass, 'stream'>,
  records: readonly Understood[],
): Promise<Merge[]> {
  const merges = records.flatMap((record) =>
    mergesOf(record).flatMap((merge) => stream.tables.map((table) => ({ table, ...merge }))),
  )
  const news = merges.filter(({ table, from }) => !run.context.aliases.has(run.context.ownId(table, from)))
  for (const [table, those] of Map.groupBy(news, (merge) => merge.table)) {
    await tx.execute(sql`
      insert into record_aliases (tenant_id, connection_id, stream, alias_source_id, source_id, run_id, learned_at)
      select ${run.tenantId}, ${run.connectionId}, ${table}, m.alias, m.survivor, ${run.id}::uuid, now()
      from unnest(${sql.param(those.map(({ from }) => from))}::text[], ${sql.param(those.map(({ into }) => into))}::text[]) as m (alias, survivor)
      on conflict do nothing`)
    await tombstone(
      tx,
      run,
      table,
      those.map(({ from }) => run.context.ownId(table, from)),
      'merge',
    )
    await repoint(tx, run, table, those)
  }
  return news
}

/** Some CRMs say it of the record that stays, others of the one that is gone. */
function mergesOf({ item: { sourceId }, standsFor, mergedInto }: Understood): Pick<Merge, 'from' | 'into'>[] {
  const id = sourceId ?? ''
  const merged = standsFor.map((from) => ({ from, into: id }))
  return mergedInto === null ? merged : [...merged, { from: id, into: mergedInto }]
}

/** Everything that named a merged record names the one that stands for it, which is a change of its own. */
async function repoint(tx: Tx, run: LoadingRun, table: TableName, merges: readonly Merge[]): Promise<void> {
  const reference = references[table]
  if (reference === undefined) return
  const column = toSnakeCase(reference)
  const from = sql.param(merges.map((merge) => run.context.ownId(table, merge.from)))
  const into = sql.param(merges.map((merge) => run.context.ownId(table, merge.into)))
  for (const [name, other] of Object.entries(recordTables)) {
    if (!(reference in getTableColumns(other))) continue
    const these = sql`tenant_id = ${run.tenantId} and connection_id = ${run.connectionId}
      and ${sql.identifier(column)} = any(${from}::uuid[])`
    if (name === 'opportunities') await keepVersions(tx, run, these)
    await tx.execute(sql`
      update ${sql.identifier(name)} as t set ${sql.identifier(column)} = m.survivor, changed_at = now()
      from unnest(${from}::uuid[], ${into}::uuid[]) as m (alias, survivor)
      where t.tenant_id = ${run.tenantId} and t.connection_id = ${run.connectionId} and t.${sql.identifier(column)} = m.alias`)
  }
}
