import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { zstdDecompressSync } from 'node:zlib'
import pg from 'pg'

/** A rule that does not hold, and the rows that break it. */
export type BrokenInvariant = { name: string; rows: Record<string, unknown>[] }

const mostPages = 5_000
const digestOfPage = 'I12: the digest and the length of a page are those of its bytes'
const secretInPage = 'I19 pages: no secret stands in a stored page'
const ofPages = [digestOfPage, secretInPage]

/** What every secret of a test's CRM begins with; it must appear in no stored page. */
const canary = 'CANARY-TOKEN'

/**
 * Asks a database for everything in it that may never be, as its owner. Empty when all is well. With `named`, only for what has
 * such a name.
 */
export async function brokenInvariants(url: string, named = /^/): Promise<BrokenInvariant[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'invariants' })
  await client.connect()
  try {
    const broken: BrokenInvariant[] = []
    for (const { name, statement } of statements().filter((one) => named.test(one.name))) {
      const { rows } = await client.query<Record<string, unknown>>(statement)
      if (rows.length > 0) broken.push({ name, rows })
    }
    if (ofPages.some((name) => named.test(name))) broken.push(...(await brokenPages(client)))
    return broken
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
async function brokenPages(client: pg.Client): Promise<BrokenInvariant[]> {
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
    { name: digestOfPage, rows: wrong },
    { name: secretInPage, rows: leaking },
  ].filter((rule) => rule.rows.length > 0)
}
