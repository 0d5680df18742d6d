import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { zstdDecompressSync } from 'node:zlib'
import pg from 'pg'

/** A rule that does not hold, and the rows that break it. */
export type BrokenInvariant = { name: string; rows: Record<string, unknown>[] }

const mostPages = 5_000

/**
 * Asks a database for everything in it that may never be, as its owner. Empty when all is well. `canary` is a secret of the
 * test's CRM that must appear in no stored page.
 */
export async function brokenInvariants(url: string, canary = 'CANARY-TOKEN'): Promise<BrokenInvariant[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'invariants' })
  await client.connect()
  try {
    const broken: BrokenInvariant[] = []
    for (const { name, statement } of statements()) {
      const { rows } = await client.query<Record<string, unknown>>(statement)
      if (rows.length > 0) broken.push({ name, rows })
    }
    return [...broken, ...(await brokenPages(client, canary))]
  } finally {
    await client.end()
  }
}

/** The statements of `invariants.sql` with their names. */
export function statements(): { name: string; statement: string }[] {
  const text = readFileSync(`${import.meta.dirname}/invariants.sql`, 'utf8')
  return [...text.matchAll(/^-- ([A-Z][^:\n]*: [^\n]+)\n([^;]+);/gm)].map(
    ([, name = '', statement = '']) => ({
      name,
      statement,
    }),
  )
}

/** I12 and the rest of I19, which SQL cannot see through the compression. */
async function brokenPages(client: pg.Client, canary: string): Promise<BrokenInvariant[]> {
  const { rows } = await client.query<{ id: string; sha256: Buffer; byte_length: number; body: Buffer }>(
    'select id, sha256, byte_length, body from raw_snapshots order by id desc limit $1',
    [mostPages],
  )
  const wrong: Record<string, unknown>[] = []
  const leaking: Record<string, unknown>[] = []
  for (const { id, sha256, byte_length: length, body } of rows) {
    const bytes = zstdDecompressSync(body)
    if (hash('sha256', bytes, 'hex') !== sha256.toString('hex') || bytes.length !== length) wrong.push({ id })
    if (bytes.includes(canary)) leaking.push({ id })
  }
  return [
    { name: 'I12: the digest and the length of a page are those of its bytes', rows: wrong },
    { name: 'I19 pages: no secret stands in a stored page', rows: leaking },
  ].filter((rule) => rule.rows.length > 0)
}
