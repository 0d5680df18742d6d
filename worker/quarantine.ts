import { sql } from 'drizzle-orm'
import type { Tx } from '../drizzle/db.ts'
import type { ExtractedPage } from './extract.ts'
import type { SetAside, Understood } from './normalise.ts'
import type { Run, StreamPass } from './run.ts'

/**
 * Sets records aside that could not be read, and single values of records that could. The same record is set aside once,
 * however often it comes; a record that reads well again is resolved.
 */
export async function setAside(
  tx: Tx,
  run: Run,
  pass: StreamPass,
  page: ExtractedPage,
  snapshotId: string,
  refused: SetAside[],
  records: Understood[],
): Promise<void> {
  await resolve(tx, run, pass, records)
  const faults = records.flatMap(({ item, faults }) =>
    faults.slice(0, 1).map((fault) => ({ item, ...fault })),
  )
  const rows = [...refused, ...faults]
  if (rows.length === 0) return
  await tx.execute(sql`
    insert into quarantine (tenant_id, id, connection_id, run_id, stream, snapshot_id, parent_id, item_index, source_id, content_hash, reason, path, created_at)
    select ${run.tenantId}, app.uuid_v7(), ${run.connectionId}, ${run.id}, ${pass.stream.name}, ${snapshotId}::uuid, ${page.parent?.id ?? null}::uuid,
      i.index, i.source_id, decode(i.hash, 'hex'), i.reason, i.path, now()
    from unnest(${sql.param(rows.map(({ item }) => item.index))}::int[], ${sql.param(rows.map(({ item }) => item.sourceId))}::text[],
      ${sql.param(rows.map(({ item }) => item.hash))}::text[], ${sql.param(rows.map(({ reason }) => reason))}::text[],
      ${sql.param(rows.map(({ path }) => path))}::text[]) as i (index, source_id, hash, reason, path)
    on conflict do nothing`)
}

/** A record that reads well now no longer counts as set aside; what is wrong with its present state is added afterwards. */
async function resolve(tx: Tx, run: Run, pass: StreamPass, records: Understood[]): Promise<void> {
  if (pass.setAside.size === 0 || records.length === 0) return
  await tx.execute(sql`
    update quarantine set resolved_at = now()
    where tenant_id = ${run.tenantId} and connection_id = ${run.connectionId} and stream = ${pass.stream.name}
      and resolved_at is null and source_id = any(${sql.param(records.map(({ item }) => item.sourceId))}::text[])`)
}

type Open = {
  id: string
  source_id: string | null
  hash: string
  parent_id: string | null
  is_orphan: boolean
}

/**
 * Resolves what stood aside and reads well by now although nothing was written: records that came back to their stored
 * state and, after a whole list, those that it no longer holds. The list of children of a parent that is gone holds none.
 */
export async function resolveMended(tx: Tx, run: Run, pass: StreamPass): Promise<void> {
  const { stream, seen, metAside, parentsRead } = pass
  const isOrphan =
    stream.parents === undefined
      ? sql`false`
      : sql`exists (select from ${sql.identifier(stream.parents.table)} p where p.tenant_id = q.tenant_id and p.id = q.parent_id and p.deleted_at is not null)`
  const open = await tx.execute<Open>(sql`
    select id, source_id, encode(content_hash, 'hex') as hash, parent_id, ${isOrphan} as is_orphan from quarantine q
    where tenant_id = ${run.tenantId} and connection_id = ${run.connectionId} and stream = ${stream.name} and resolved_at is null`)
  const sawList = ({ parent_id: parentId, is_orphan: isOrphan }: Open) =>
    stream.parents === undefined
      ? sawWholeList(pass)
      : isOrphan || (parentId !== null && parentsRead.has(parentId))
  const wasSeen = ({ source_id: sourceId }: Open) =>
    sourceId !== null && seen.has(run.context.ownId(stream.tables[0], sourceId))
  const mended = open.rows.filter((row) => !metAside.has(row.hash) && (sawList(row) || wasSeen(row)))
  if (mended.length === 0) return
  await tx.execute(sql`
    update quarantine set resolved_at = now()
    where tenant_id = ${run.tenantId} and id = any(${sql.param(mended.map(({ id }) => id))}::uuid[])`)
}

const sawWholeList = ({ stream, isWhole, isResumed, isPartial }: StreamPass): boolean =>
  (stream.reads === 'full' || isWhole) && !isResumed && !isPartial

/** How many records of a stream stand aside at this moment. */
export async function countSetAside(tx: Tx, run: Run, stream: string): Promise<number> {
  const { rows } = await tx.execute<{ count: number }>(sql`
    select count(*)::int as count from quarantine
    where tenant_id = ${run.tenantId} and connection_id = ${run.connectionId} and stream = ${stream} and resolved_at is null`)
  return rows[0]?.count ?? 0
}
