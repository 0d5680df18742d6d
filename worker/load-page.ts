import type { Tx } from '../drizzle/db.ts'
import type { Stream } from './connectors/connector.ts'
import { load, type LoadingPass, type LoadingRun } from './load.ts'
import type { Understood } from './normalise.ts'

type Written = { created: number; updated: number }

/** Writes a page's records into every table of its stream. The counts are those of the stream's first table. */
export async function loadPage(
  tx: Tx,
  run: LoadingRun,
  pass: LoadingPass,
  records: Understood[],
  snapshotId: string,
  learnedAt: string | null = null,
): Promise<Written> {
  const written = await Promise.all(
    pass.stream.tables.map((table) => load(tx, run, pass, table, records, snapshotId, learnedAt)),
  )
  return written[0] ?? { created: 0, updated: 0 }
}

/** One record per id: a page that holds the same record twice means its newer state, or else the later one. */
export function newestOfEach({ tables: [table] }: Stream<never>, records: Understood[]): Understood[] {
  const updatedAt = ({ rows }: Understood) => rows[table]?.sourceUpdatedAt ?? ''
  const newest = new Map<string, Understood>()
  for (const record of records) {
    const other = newest.get(record.item.id)
    if (other === undefined || updatedAt(record) >= updatedAt(other)) newest.set(record.item.id, record)
  }
  return newest.size === records.length ? records : [...newest.values()]
}
