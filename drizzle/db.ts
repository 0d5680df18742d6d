import { sql } from 'drizzle-orm'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { Writable } from 'node:stream'

/** What a program may be in the database. None of the roles owns a table or bypasses a policy. */
export type DatabaseRole = 'tidemark_worker' | 'tidemark_web' | 'tidemark_queue' | 'tidemark_auth'

/** A transaction that belongs to one tenant (or to the operator). Dead after its callback ends: a late query throws. */
export type Tx = NodePgDatabase & { $client: Pick<pg.PoolClient, 'query'> }

/** What the statements of a transaction see: each the rows as they stand by then, or all of them the rows of one moment. */
export type Sight = 'latest' | 'one moment'

export type Database = {
  /** Runs `work` in one transaction that sees and writes the rows of this tenant only. */
  asTenant<T>(tenantId: string, work: (tx: Tx) => Promise<T>, sight?: Sight): Promise<T>
  /** Asks one question about the rows of this tenant, in a read-only transaction of its own that makes one way there and back. */
  askTenant<Row extends pg.QueryResultRow>(tenantId: string, question: pg.QueryConfig): Promise<Row[]>
  /**
   * Asks, in one way there and back, who shows a session and then, as that person, what is theirs. `who` sets `app.user_id` to
   * whom it finds; it is asked under the role of the sign-in library, `what` under that of a person.
   */
  askSession<Who extends pg.QueryResultRow, What extends pg.QueryResultRow>(
    who: pg.QueryConfig,
    what: pg.QueryConfig,
  ): Promise<[Who[], What[]]>
  /** As `askTenant`, of the tenant that `find` sets `app.tenant_id` to: that of an API key. */
  askHolder<Row extends pg.QueryResultRow>(find: pg.QueryConfig, question: pg.QueryConfig): Promise<Row[]>
  /** As `asTenant`, for an operator who is no member: the sync of this tenant and its audit log, and no record. */
  asWatcher<T>(tenantId: string, work: (tx: Tx) => Promise<T>, sight?: Sight): Promise<T>
  /** Runs `work` in one read-only transaction over what one person may see across tenants: their own memberships and syncs. */
  asPerson<T>(userId: string, work: (tx: Tx) => Promise<T>): Promise<T>
  /** Runs `work` in one read-only transaction over the sync state of all tenants; records are out of its reach. */
  asOperator<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Statements outside any tenant (the definer functions of the schedule, the table of workers) and the pool's size. */
  outsideTenants: Pick<pg.Pool, 'query' | 'totalCount' | 'idleCount' | 'waitingCount'>
  /** Calls `heard` with each payload published on `channel`; re-subscribes after a lost connection. Returns the way to stop. */
  listen(channel: string, heard: (payload: string) => void): Promise<() => Promise<void>>
  close(): Promise<void>
}

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export type PoolOptions = {
  url: string
  role: DatabaseRole
  max: number
  statementTimeoutMs: number
  onError: (error: Error) => void
  /** Lets a transaction send its next statement before the last one is answered; they are still done in order. */
  sendsAhead?: boolean
}

/** Opens a pool whose every connection takes on `role`. `statementTimeoutMs` bounds each statement. */
export function openPool(options: PoolOptions): pg.Pool {
  const session = [
    `role=${options.role}`,
    'timezone=UTC',
    'idle_in_transaction_session_timeout=60s',
    'lock_timeout=5s',
  ]
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    pipeline: options.sendsAhead ?? false,
    statement_timeout: options.statementTimeoutMs,
    // The server's own limit never arrives over a connection that has gone silent.
    query_timeout: options.statementTimeoutMs + 5_000,
    application_name: options.role.replace('_', ' '),
    options: session.map((setting) => `-c ${setting}`).join(' '),
  })
  pool.on('error', options.onError)
  // A server process that dies while its client is checked out reports here; unheard, it would end this process.
  pool.on('connect', (client) => client.on('error', options.onError))
  return pool
}

/** The database of one program: a pool, and the roads into it. */
export function connect(options: PoolOptions): Database {
  const pool = openPool(options)
  const sendsAhead = options.sendsAhead ?? false
  const ask = (beginning: string, ...questions: pg.QueryConfig[]) =>
    sendsAhead ? askAtOnce(pool, beginning, questions) : askInTurn(pool, beginning, questions)
  return {
    asTenant: (tenantId, work, sight) =>
      inTransaction(pool, `${begin(sight)}; ${asTheTenant(tenantId)}`, sendsAhead, work),
    askTenant: async (tenantId, question) => {
      const [rows = []] = await ask(`begin read only; ${asTheTenant(tenantId)}`, question)
      return rows as never
    },
    askSession: async (who, what) => {
      const asPerson = { text: 'set local role tidemark_person' }
      const [found, , theirs] = await ask(
        'begin read only; set local role tidemark_auth',
        who,
        asPerson,
        what,
      )
      return [found as never, theirs as never]
    },
    askHolder: async (find, question) => {
      const [, rows] = await ask('begin read only', find, question)
      return rows as never
    },
    asWatcher: (tenantId, work, sight) =>
      inTransaction(
        pool,
        `${begin(sight)}; set local role tidemark_watcher; ${asTheTenant(tenantId)}`,
        sendsAhead,
        work,
      ),
    asPerson: (userId, work) =>
      inTransaction(
        pool,
        `begin read only; set local role tidemark_person; ${asThePerson(userId)}`,
        sendsAhead,
        work,
      ),
    asOperator: (work) =>
      inTransaction(pool, 'begin read only; set local role tidemark_operator', sendsAhead, work),
    outsideTenants: pool,
    listen: (channel, heard) => listen(options, channel, heard),
    close: () => pool.end(),
  }
}

const begin = (sight: Sight = 'latest') =>
  sight === 'one moment' ? 'begin isolation level repeatable read' : 'begin'

function asTheTenant(tenantId: string): string {
  if (!uuidForm.test(tenantId)) throw new TypeError(`not a tenant id: ${tenantId}`)
  return `select set_config('app.tenant_id', '${tenantId}', true)`
}

function asThePerson(userId: string): string {
  if (!uuidForm.test(userId)) throw new TypeError(`not a person's id: ${userId}`)
  return `select set_config('app.user_id', '${userId}', true)`
}

async function inTransaction<T>(
  pool: pg.Pool,
  begin: string,
  sendsAhead: boolean,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let isOpen = true
  const query = (...args: Parameters<pg.PoolClient['query']>) => {
    if (!isOpen) throw new Error('this transaction has ended; a query came too late')
    if (sendsAhead) gather(client)
    return client.query(...args)
  }
  // Only `query` is lent: what the caller keeps cannot reach the connection once the transaction is over.
  const tx: Tx = drizzle({ client: { query } as pg.PoolClient, casing: 'snake_case' })
  try {
    if (sendsAhead) gather(client)
    const begun = client.query(begin)
    // Sent ahead, the first statements follow at once; should BEGIN fail, so do they, and theirs is the error to throw.
    if (sendsAhead) begun.catch(() => undefined)
    else await begun
    const result = await work(tx)
    await begun
    isOpen = false
    // Postgres answers the COMMIT of a transaction in which a statement failed with a ROLLBACK, and calls that no error.
    const { command } = await client.query('commit')
    if (command !== 'COMMIT')
      throw new Error('a statement of this transaction failed, so all of it was rolled back')
    client.release()
    return result
  } catch (error) {
    isOpen = false
    await giveBack(client)
    throw error
  }
}

/** The answers to questions of one transaction, one way there and back for all. */
async function askAtOnce(
  pool: pg.Pool,
  beginning: string,
  questions: readonly pg.QueryConfig[],
): Promise<pg.QueryResultRow[][]> {
  const client = await pool.connect()
  gather(client)
  const answers = [
    client.query(beginning),
    ...questions.map((question) => client.query(question)),
    client.query('commit'),
  ]
  try {
    const results = await Promise.all(answers)
    client.release()
    return results.slice(1, -1).map(({ rows }) => rows as pg.QueryResultRow[])
  } catch (error) {
    // Nothing may be under way any more when the connection goes back.
    await Promise.allSettled(answers)
    await giveBack(client)
    throw error
  }
}

/** The same with a way for each. */
async function askInTurn(
  pool: pg.Pool,
  beginning: string,
  questions: readonly pg.QueryConfig[],
): Promise<pg.QueryResultRow[][]> {
  return inTransaction(pool, beginning, false, async ({ $client }) => {
    const answers: pg.QueryResultRow[][] = []
    for (const question of questions)
      answers.push((await $client.query(question)).rows as pg.QueryResultRow[])
    return answers
  })
}

/**
 * Lets what is sent to a server within one turn of the event loop leave in one piece: on two cores a write to a socket, which
 * wakes the other side, costs as much as the statement it carries.
 */
function gather(client: pg.PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection
  stream.cork()
  process.nextTick(() => stream.uncork())
}

/** Rolls back and returns the connection; one that cannot even roll back is thrown away. */
async function giveBack(client: pg.PoolClient): Promise<void> {
  try {
    await client.query('rollback')
    client.release()
  } catch (error) {
    client.release(error instanceof Error ? error : true)
  }
}

async function listen(
  options: { url: string; role: DatabaseRole; onError: (error: Error) => void },
  channel: string,
  heard: (payload: string) => void,
): Promise<() => Promise<void>> {
  let client: pg.Client | undefined
  let again: NodeJS.Timeout | undefined
  let isWanted = true
  const subscribe = async (): Promise<void> => {
    const next = new pg.Client({
      connectionString: options.url,
      keepAlive: true,
      options: `-c role=${options.role}`,
    })
    next.on('error', options.onError)
    next.on('end', () => {
      if (isWanted) again = setTimeout(() => void subscribe().catch(options.onError), 1_000)
    })
    next.on('notification', (message) => heard(message.payload ?? ''))
    await next.connect()
    if (!isWanted) return next.end()
    client = next
    await next.query(`listen ${pg.escapeIdentifier(channel)}`)
  }
  await subscribe().catch((error: unknown) => {
    isWanted = false
    throw error
  })
  return async () => {
    isWanted = false
    clearTimeout(again)
    await client?.end()
  }
}

/** True when the database answers. */
export async function isReachable(database: Database): Promise<boolean> {
  return database.outsideTenants.query('select 1').then(
    () => true,
    () => false,
  )
}

export { sql }
