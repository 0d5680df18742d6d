import { mkdtemp, chmod, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'

/** The database's own limit: how fast COPY loads the very rows that a sync stored into empty twins with the same indexes. */
export async function copyLimit(client: pg.Client): Promise<{ rows: number; seconds: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-copy-'))
  await chmod(folder, 0o777)
  let rows = 0
  let seconds = 0
  for (const table of ['leads', 'contacts', 'opportunities']) {
    const file = join(folder, table)
    await client.query(`copy ${table} to '${file}'`)
    await client.query(`create table twin_${table} (like ${table} including all)`)
    await client.query('checkpoint')
    const startedMs = performance.now()
    const copied = await client.query(`copy twin_${table} from '${file}'`)
    seconds += (performance.now() - startedMs) / 1_000
    rows += copied.rowCount ?? 0
    await client.query(`drop table twin_${table}`)
  }
  await rm(folder, { recursive: true })
  return { rows, seconds }
}
