import { randomUUID } from 'node:crypto'
import pg from 'pg'
import pino from 'pino'
import type { Database } from '../../drizzle/db.ts'
import type { RunStatus } from '../../drizzle/schema/sync.ts'
import { seal, sealingKeyOf } from '../../drizzle/seal.ts'
import {
  startSimulator,
  type AccountOptions,
  type SimulatedAccount,
  type Simulator,
} from '../../simulator/main.ts'
import type { RunEvent } from '../../worker/events.ts'
import { connectWorker, runNow, type WorkerOptions } from '../../worker/run-now.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { crmOf, type Crm } from './crms.ts'

export const testSecret = 'a secret that only the tests of the worker know'

/** A row as Postgres shows it in JSON: snake_case, instants as text. */
export type Stored = Record<string, unknown>

export type StreamRow = Stored & {
  status: string
  error_code: string | null
  error_public: string | null
  error_detail: string | null
  fetched: number
  created: number
  updated: number
  unchanged: number
  quarantined: number
  retired: number
  pages: number
  crm_count: number | null
  our_count: number | null
  unknown_fields: string[] | null
}

export type RunRow = StreamRow & { status: RunStatus; verdict: string; requests: number; retries: number }

/** What a run did, as it stands in the database afterwards. */
export type Synced = {
  run: RunRow
  streams: Record<string, StreamRow>
  events: RunEvent[]
}

export type SyncOptions = {
  streams?: string[]
  full?: boolean
  acceptAbsence?: boolean
  stopping?: AbortSignal
} & Pick<WorkerOptions, 'timeoutMs' | 'retryWaitsMs' | 'times'>

/** One tenant with one connection to an account of the simulator. */
export type Client = {
  tenantId: string
  connectionId: string
  account: SimulatedAccount
  /** Queues a run and carries it out in this process. */
  sync: (options?: SyncOptions) => Promise<Synced>
  queueRun: (options?: SyncOptions) => Promise<string>
  readRun: (runId: string) => Promise<Omit<Synced, 'events'>>
  /** Rows of a table that belong to the connection, tombstones included, by source id where there is one. */
  records: (table: string) => Promise<Stored[]>
  connection: () => Promise<Stored>
  /** One line per stored record: what it is and since when. Equal lists mean that nothing was written. */
  everything: () => Promise<string[]>
  /** Until when each stream is known to be complete. */
  freshness: () => Promise<Record<string, unknown>>
  storeSecret: (field: string, secret: string) => Promise<void>
}

export type Arrangement = {
  url: string
  /** As the superuser, for arranging and looking. */
  db: pg.Pool
  database: Database
  worker: WorkerOptions
  simulator: Simulator
  connect: (webKey?: string, settings?: Stored, baseUrl?: string) => Promise<Client>
  close: () => Promise<void>
}

/** Rosewood Care: a small account that stands still unless a test changes it. */
export const rosewood: AccountOptions = {
  webKey: 'CT_rosewood',
  accessToken: 'CANARY-TOKEN-rosewood',
  seed: 7,
  people: 24,
  changesPerDay: 0,
  notesPerPerson: 1,
  franchiseFields: true,
}

export const recordTables = [
  'owners',
  'pipelines',
  'stages',
  'lead_sources',
  'leads',
  'contacts',
  'opportunities',
  'stage_changes',
  'notes',
  'activities',
] as const

/** A database of its own, a worker's access to it, and a simulator with these accounts. */
export async function arrange(accounts: AccountOptions[] = [rosewood]): Promise<Arrangement> {
  return arrangeOn(await createTestDatabase(), accounts)
}

/** As `arrange`, on a database that is there. */
export async function arrangeOn(
  testDatabase: TestDatabase,
  accounts: AccountOptions[],
): Promise<Arrangement> {
  const simulator = await startSimulator({ accounts })
  const db = new pg.Pool({ connectionString: testDatabase.url, max: 4 })
  // Tests that end every session of the database end these too.
  db.on('error', () => undefined)
  const worker = workerOptions(testDatabase.url)
  const database = connectWorker(worker)
  return {
    url: testDatabase.url,
    db,
    database,
    worker,
    simulator,
    connect: async (webKey = accounts[0]?.webKey ?? '', settings = {}, baseUrl?: string) => {
      const account = simulator.account(webKey)
      const crm = crmOf(account)
      const ids = await storeConnection(db, crm, baseUrl ?? crm.baseUrl(simulator), settings)
      for (const [field, secret] of Object.entries(crm.secrets(account)))
        await storeSecret(db, ids, field, secret)
      return { ...ids, account, ...clientOf(db, database, worker, ids) }
    },
    close: async () => {
      await database.close()
      await simulator.close()
      await db.end()
      await testDatabase.drop()
    },
  }
}

export const workerOptions = (url: string): WorkerOptions => ({
  config: {
    DATABASE_URL: url,
    TIDEMARK_SECRET: testSecret,
    SYNC_CRON: '0 * * * *',
    SYNC_CONCURRENCY: 4,
    TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: true,
  },
  log: pino({ level: 'silent' }),
  retryWaitsMs: [5, 10, 20],
  timeoutMs: 5_000,
})

type Ids = { tenantId: string; connectionId: string }

async function storeConnection(db: pg.Pool, crm: Crm, baseUrl: string, settings: Stored): Promise<Ids> {
  const ids = { tenantId: randomUUID(), connectionId: randomUUID() }
  await db.query('insert into tenants (id, slug, name) values ($1, $2, $3)', [
    ids.tenantId,
    `rosewood-${ids.tenantId.slice(0, 8)}`,
    'Rosewood Care',
  ])
  await db.query(
    // Tests play days of syncs within a minute; the share of a day has tests of its own.
    `insert into connections (tenant_id, id, connector, name, base_url, settings, quota_limit)
     values ($1, $2, $3, 'Rosewood', $4, $5, 1000000000)`,
    [
      ids.tenantId,
      ids.connectionId,
      crm.connector,
      baseUrl,
      JSON.stringify({ ...crm.settings, ...settings }),
    ],
  )
  return ids
}

async function storeSecret(db: pg.Pool, ids: Ids, field: string, secret: string): Promise<void> {
  const { keyId, sealed, hint } = await seal(await sealingKeyOf(testSecret), { ...ids, field }, secret)
  await db.query(
    `insert into connection_secrets (tenant_id, connection_id, field, key_id, sealed, hint) values ($1, $2, $3, $4, $5, $6)
     on conflict (tenant_id, connection_id, field) do update set sealed = excluded.sealed, key_id = excluded.key_id`,
    [ids.tenantId, ids.connectionId, field, keyId, sealed, hint],
  )
}

function clientOf(db: pg.Pool, database: Database, worker: WorkerOptions, ids: Ids) {
  const { tenantId, connectionId } = ids
  const rows = async (text: string, ...values: unknown[]): Promise<Stored[]> =>
    (await db.query<{ row: Stored }>(text, values)).rows.map(({ row }) => row)
  const queueRun: Client['queueRun'] = async (options = {}) => {
    const inserted = await db.query<{ id: string }>(
      `insert into sync_runs (tenant_id, id, connection_id, trigger, streams, "full", accept_absence)
       values ($1, app.uuid_v7(), $2, 'command', $3, $4, $5) returning id`,
      [
        tenantId,
        connectionId,
        options.streams ?? null,
        options.full ?? false,
        options.acceptAbsence ?? false,
      ],
    )
    return inserted.rows[0]?.id ?? ''
  }
  const readRun: Client['readRun'] = async (runId) => {
    const [run] = await rows('select to_jsonb(r) as row from sync_runs r where id = $1', runId)
    const streams = await rows('select to_jsonb(s) as row from sync_run_streams s where run_id = $1', runId)
    return {
      run: run as RunRow,
      streams: Object.fromEntries(streams.map((row) => [row.stream as string, row as StreamRow])),
    }
  }
  const records: Client['records'] = (table) =>
    rows(
      `select to_jsonb(t) as row from ${table} t where connection_id = $1 order by to_jsonb(t)->>'source_id'`,
      connectionId,
    )
  return {
    queueRun,
    readRun,
    records,
    sync: async ({ stopping, timeoutMs, retryWaitsMs, times, ...asked }: SyncOptions = {}) => {
      const runId = await queueRun(asked)
      const events: RunEvent[] = []
      const options = {
        ...worker,
        ...(timeoutMs && { timeoutMs }),
        ...(retryWaitsMs && { retryWaitsMs }),
        ...(times && { times }),
      }
      await runNow(options, database, { ...ids, runId }, stopping ?? new AbortController().signal, (fact) =>
        events.push(fact),
      )
      return { ...(await readRun(runId)), events }
    },
    connection: async () =>
      (await rows('select to_jsonb(c) as row from connections c where id = $1', connectionId))[0] ?? {},
    everything: async () => {
      const all = await Promise.all(
        recordTables.map(async (table) =>
          (await records(table)).map((row) =>
            [table, row.source_id, row.content_hash, row.changed_at, row.deleted_at].join(' '),
          ),
        ),
      )
      return all.flat()
    },
    freshness: async () => {
      const cursors = await rows(
        'select to_jsonb(c) as row from stream_cursors c where connection_id = $1',
        connectionId,
      )
      return Object.fromEntries(cursors.map((row) => [row.stream as string, row.fresh_at]))
    },
    storeSecret: (field: string, secret: string) => storeSecret(db, ids, field, secret),
  }
}
