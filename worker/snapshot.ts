import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Database, Tx } from '../drizzle/db.ts'
import type { ExtractedPage } from './extract.ts'
import type { Run, StreamPass } from './run.ts'

const params = { [constants.ZSTD_c_compressionLevel]: 3 }

/** Compresses the bytes of a page; done before the transaction that stores them begins. */
export const pack = (bytes: Buffer): Buffer =>
  zstdCompressSync(bytes, { params, pledgedSrcSize: bytes.length })

/** The bytes of a page as they came. */
export const unpack = (body: Buffer): Buffer => zstdDecompressSync(body)

/** Stores a page exactly as it came, under an id made beforehand, so that an unknown COMMIT can be looked up. */
export async function storeSnapshot(
  tx: Tx,
  run: Run,
  pass: StreamPass,
  page: ExtractedPage,
  id: string,
  packed: Buffer,
): Promise<void> {
  const { answer } = page
  const { method, path, query } = answer.request
  await tx.$client.query({
    name: 'store-snapshot',
    text: `
      insert into raw_snapshots (tenant_id, id, connection_id, run_id, stream, seq, fence, request, cursor, status,
        received_at, sha256, byte_length, records, body)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, decode($12, 'hex'), $13, $14, $15)`,
    values: [
      run.tenantId,
      id,
      run.connectionId,
      run.id,
      pass.stream.name,
      pass.counts.pages + 1,
      run.fence,
      JSON.stringify({ method, path, ...(query === undefined ? {} : { query }) }),
      page.cursor,
      answer.reply.status,
      answer.receivedAt,
      page.digest,
      answer.bytes.length,
      page.items.length,
      packed,
    ],
  })
}

/** True when the page of an unknown COMMIT is there. */
export async function hasSnapshot(tx: Tx, run: Run, id: string): Promise<boolean> {
  const { rowCount } = await tx.$client.query('select from raw_snapshots where tenant_id = $1 and id = $2', [
    run.tenantId,
    id,
  ])
  return rowCount === 1
}

/** Makes the partitions of this month and the next ones, where they are missing. */
export async function makePartitions(database: Database): Promise<void> {
  await database.outsideTenants.query('select app.make_snapshot_partitions()')
}
