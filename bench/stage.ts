import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import pg from 'pg'
import { startEmbedded, type Embedded } from '../drizzle/embedded.ts'
import { clusterCpuSeconds } from './cluster-cpu.ts'
import { crmOf } from './crms.ts'
import { migrate } from '../drizzle/migrate.ts'
import { seal, sealingKeyOf } from '../drizzle/seal.ts'

/** What a measured process says about itself. */
export type Cost = { status: string; seconds: number; cpuSeconds: number; peakMb: number; records?: number }

const tenantId = '00000000-0000-4000-8000-000000000001'
const connectionId = '00000000-0000-4000-8000-000000000002'
const secret = 'a secret of the benchmark, thirty-two bytes or more'

/** A CRM with `records` records (half people, half deals), a database that syncs to disk, and a connection between them. */
export class Stage {
  #crm: ChildProcess
  #postgres: Embedded
  readonly client: pg.Client
  readonly baseUrl: string
  readonly #streams: readonly string[]

  private constructor(
    crm: ChildProcess,
    baseUrl: string,
    streams: readonly string[],
    postgres: Embedded,
    client: pg.Client,
  ) {
    this.#crm = crm
    this.#streams = streams
    this.baseUrl = baseUrl
    this.#postgres = postgres
    this.client = client
  }

  static async set(records: number, name = 'clienttether'): Promise<Stage> {
    const crm = fork(`${import.meta.dirname}/crm.ts`, [String(records / 2), name])
    const [{ baseUrl }] = (await once(crm, 'message')) as [{ baseUrl: string }]
    const durable = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }
    const postgres = await startEmbedded({ fresh: true, settings: { ...durable, max_wal_size: '8GB' } })
    await migrate(postgres.url)
    const client = new pg.Client(postgres.url)
    await client.connect()
    await connectTo(client, name, baseUrl)
    return new Stage(crm, baseUrl, crmOf(name).streams, postgres, client)
  }

  /** What the command line needs to find this database and to call this CRM. */
  get environment(): Record<string, string> {
    return {
      DATABASE_URL: this.#postgres.url,
      TIDEMARK_SECRET: secret,
      TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: 'true',
      LOG_LEVEL: 'error',
    }
  }

  /** Changes every hundredth record in the CRM. */
  async editOnePercent(): Promise<void> {
    this.#crm.send({ editEvery: 100 })
    await once(this.#crm, 'message')
  }

  /** One run of the lists that hold records, and the WAL and Postgres time it cost. */
  async sync(): Promise<Cost & { walMb: number; postgresCpuSeconds: number; written: number }> {
    const { rows } = await this.client.query<{ id: string }>(
      `insert into sync_runs (tenant_id, id, connection_id, trigger, streams)
       values ($1, app.uuid_v7(), $2, 'command', $3) returning id`,
      [tenantId, connectionId, this.#streams],
    )
    const args = [this.#postgres.url, tenantId, connectionId, rows[0]?.id ?? '']
    const cost = await this.#withPostgres(() => this.run('run.ts', args))
    const counts = await this.client.query<{ written: number }>(
      'select (created + updated + retired)::int as written from sync_runs where id = $1',
      [rows[0]?.id],
    )
    return { ...cost, written: counts.rows[0]?.written ?? 0 }
  }

  /** Fetches and lands the same pages with as little as can be done (`floor.ts`), into tables of its own that are gone afterwards. */
  async landLeast(): Promise<Cost & { walMb: number; postgresCpuSeconds: number }> {
    return this.#withPostgres(() => this.run('floor.ts', [this.baseUrl, this.#postgres.url]))
  }

  /** Runs one of the measured programs to its end. */
  async run(program: string, args: string[]): Promise<Cost> {
    // As `npm run tidemark` starts it: what a page leaves behind is garbage at once, and a larger nursery only keeps more of it.
    const child = fork(`${import.meta.dirname}/${program}`, args, { execArgv: ['--max-semi-space-size=4'] })
    const ended = once(child, 'exit')
    const [cost] = (await once(child, 'message')) as [Cost]
    await ended
    return cost
  }

  /** What `work` says it cost, with the WAL and the Postgres time that it caused. */
  async #withPostgres(
    work: () => Promise<Cost>,
  ): Promise<Cost & { walMb: number; postgresCpuSeconds: number }> {
    await this.client.query('checkpoint')
    const walBefore = await this.#wal()
    const cpuBefore = await this.#postgresCpu()
    const cost = await work()
    const postgresCpuSeconds = (await this.#postgresCpu()) - cpuBefore
    return { ...cost, walMb: (await this.#wal()) - walBefore, postgresCpuSeconds }
  }

  async #postgresCpu(): Promise<number> {
    const { rows } = await this.client.query<{ pid: number }>('select pg_backend_pid() as pid')
    return clusterCpuSeconds(rows[0]?.pid ?? 0)
  }

  async #wal(): Promise<number> {
    const { rows } = await this.client.query<{ mb: number }>(
      `select (pg_current_wal_lsn() - '0/0')::float8 / 1048576 as mb`,
    )
    return rows[0]?.mb ?? 0
  }

  async clear(): Promise<void> {
    await this.client.end()
    this.#crm.disconnect()
    await this.#postgres.stop()
  }
}

async function connectTo(client: pg.Client, name: string, baseUrl: string): Promise<void> {
  const { settings, secrets } = crmOf(name)
  await client.query(`insert into tenants (id, slug, name) values ($1, 'bench', 'Bench')`, [tenantId])
  await client.query(
    `insert into connections (tenant_id, id, connector, name, base_url, settings) values ($1, $2, $3, 'bench', $4, $5)`,
    [tenantId, connectionId, name, baseUrl, settings],
  )
  const keys = await sealingKeyOf(secret)
  for (const [field, text] of Object.entries(secrets)) {
    const { keyId, sealed, hint } = await seal(keys, { tenantId, connectionId, field }, text)
    await client.query(
      'insert into connection_secrets (tenant_id, connection_id, field, key_id, sealed, hint) values ($1, $2, $3, $4, $5, $6)',
      [tenantId, connectionId, field, keyId, sealed, hint],
    )
  }
}
