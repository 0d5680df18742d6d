import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { readBytesBehind, readPosition } from './position.ts'

/** What a database server says about itself to the login of DATABASE_URL, before any role of ours is taken on. */
export type Server = {
  /** As 180003 for 18.3. */
  version: number
  /** This machine's clock minus the server's. */
  skewMs: number
  /** Our roles that are not there, and those that this login may not take on. */
  missingRoles: string[]
  closedRoles: string[]
  /** Months, as `2026_11`, without a partition of their own for raw snapshots: this one and the next. */
  missingPartitions: string[]
}

const roles = [
  'tidemark_worker',
  'tidemark_web',
  'tidemark_operator',
  'tidemark_person',
  'tidemark_watcher',
  'tidemark_auth',
  'tidemark_definer',
  'tidemark_queue',
]

/** Asks the server. Throws what the driver throws when it cannot be reached. */
export async function readServer(url: string): Promise<Server> {
  const client = await openClient(url)
  try {
    const askedMs = Date.now()
    const { rows } = await client.query<{
      version: string
      now: Date
      missing: string[]
      partitions: string[]
    }>(
      `select current_setting('server_version_num') as version, clock_timestamp() as now,
         array(select r from unnest($1::text[]) r where to_regrole(r) is null) as missing,
         array(select m from (
             select to_char((now() at time zone 'UTC') + make_interval(months => ahead), 'YYYY_MM') as m from generate_series(0, 1) ahead) months
           where to_regclass('public.raw_snapshots_' || m) is null) as partitions`,
      [roles],
    )
    const [row] = rows
    if (row === undefined) throw new Error('the database did not answer the question')
    const answeredMs = Date.now()
    const present = roles.filter((role) => !row.missing.includes(role))
    return {
      version: Number(row.version),
      skewMs: Math.round((askedMs + answeredMs) / 2 - row.now.getTime()),
      missingRoles: row.missing,
      closedRoles: await closedRoles(client, present),
      missingPartitions: row.partitions,
    }
  } finally {
    await client.end()
  }
}

/** Only the roles that a program of ours takes on are asked for; trying is the one answer that holds on every version. */
async function closedRoles(client: pg.Client, present: readonly string[]): Promise<string[]> {
  const closed: string[] = []
  for (const role of present.filter((name) => name !== 'tidemark_definer')) {
    const opened = await client.query(`set role ${client.escapeIdentifier(role)}`).then(
      () => true,
      () => false,
    )
    if (!opened) closed.push(role)
    await client.query('reset role')
  }
  return closed
}

/** As `readBytesBehind`, of what the database holds now. Throws what the driver throws when either of the two cannot be reached. */
export async function readReplica(url: string, replicaUrl: string): Promise<number | null> {
  const database = await openClient(url)
  try {
    const replica = await openClient(replicaUrl)
    try {
      return await readBytesBehind(replica, await readPosition(drizzle({ client: database })))
    } finally {
      await replica.end()
    }
  } finally {
    await database.end()
  }
}

async function openClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  return client
}
