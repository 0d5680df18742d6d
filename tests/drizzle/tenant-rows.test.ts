import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, sql, type Database, type DatabaseRole } from '../../drizzle/db.ts'
import { recordTables } from '../../worker/load.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { harbour, rosewood, seedEveryTable, tenantTables } from './two-tenants.ts'

let database: TestDatabase
let admin: pg.Client
const as = {} as Record<'tidemark_web' | 'tidemark_worker', Database>
const sessions: pg.Client[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  admin = new pg.Client({ connectionString: database.url })
  await admin.connect()
  await seedEveryTable(admin)
  for (const role of ['tidemark_web', 'tidemark_worker'] as const)
    as[role] = connect({
      url: database.url,
      role,
      max: 1,
      statementTimeoutMs: 5_000,
      onError: (error) => expect.fail(error.message),
    })
})
afterAll(async () => {
  for (const session of sessions) await session.end()
  await as.tidemark_web.close()
  await as.tidemark_worker.close()
  await admin.end()
  await database.drop()
})

/** A bare session of a role, without our own road into a tenant. */
async function sessionAs(role: DatabaseRole | 'tidemark_operator'): Promise<pg.Client> {
  const session = new pg.Client({ connectionString: database.url, options: `-c role=${role}` })
  await session.connect()
  sessions.push(session)
  return session
}

const programs = ['tidemark_web', 'tidemark_worker'] as const
/** What each cannot even read of its own tenant. */
const closed = {
  tidemark_web: ['rate_buckets'],
  tidemark_worker: [
    'memberships',
    'invitations',
    'api_keys',
    'audit_log',
    'saved_views',
    'won_targets',
    'answered_requests',
    'webhook_addresses',
    'alerts',
  ],
}
const mayRead = async (role: string, table: string, column: string) =>
  (
    await admin.query<{ may: boolean }>('select has_column_privilege($1, $2, $3, $4) as may', [
      role,
      table,
      column,
      'select',
    ])
  ).rows[0]?.may

describe.each(programs)('as %s', (role) => {
  test.each(tenantTables)(
    '$name gives the rows of one tenant, and without a tenant an error',
    async ({ name, owner }) => {
      const [, stray] = [
        await as[role].asTenant(rosewood.tenantId, async () => undefined),
        await sessionAs(role),
      ]
      const whose = `select ${owner} as whose from ${name}`
      if (!(await mayRead(role, name, owner))) {
        expect(closed[role]).toContain(name)
        await expect(stray.query(whose)).rejects.toMatchObject({ code: '42501' })
        return
      }
      for (const { tenantId } of [rosewood, harbour]) {
        const [all, copied, others] = await as[role].asTenant(tenantId, async (tx) => [
          await tx.$client.query<{ whose: string }>(whose),
          await tx.$client.query(`copy (${whose}) to stdout`),
          await tx.$client.query(`${whose} where ${owner} <> '${tenantId}'`),
        ])
        expect(all?.rows).toEqual([{ whose: tenantId }])
        expect([copied?.rowCount, others?.rowCount]).toEqual([1, 0])
      }
      const noTenant = { code: '42501', message: 'no tenant is set for this transaction' }
      for (const statement of [whose, `copy (${whose}) to stdout`, `select count(*) from (${whose}) as rows`])
        await expect(stray.query(statement), 'never set').rejects.toMatchObject(noTenant)
      // The same connection had a tenant until its transaction ended.
      await expect(as[role].outsideTenants.query(whose), 'no longer set').rejects.toMatchObject(noTenant)
    },
  )

  test('the history of opportunities shows those of one tenant', async () => {
    const statement = 'select tenant_id, opportunity_id from opportunity_history'
    for (const { tenantId } of [rosewood, harbour]) {
      const { rows } = await as[role].asTenant(tenantId, (tx) => tx.$client.query(statement))
      expect(rows).toEqual([
        { tenant_id: tenantId, opportunity_id: tenantId },
        { tenant_id: tenantId, opportunity_id: tenantId },
      ])
    }
    await expect(as[role].outsideTenants.query(statement)).rejects.toMatchObject({ code: '42501' })
  })

  test('pages are read through their table, never from a partition', async () => {
    const partitions = await admin.query<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'raw_snapshots'::regclass`,
    )
    expect(partitions.rows.length).toBeGreaterThan(2)
    for (const { name } of partitions.rows) {
      const read = as[role].asTenant(rosewood.tenantId, (tx) => tx.$client.query(`select id from ${name}`))
      await expect(read, name).rejects.toThrow(`permission denied for table ${name}`)
    }
  })

  test('the statistics of Postgres tell nothing of what stands in the rows', async () => {
    await admin.query('analyze')
    const known = await admin.query(
      `select from pg_stats where schemaname = 'public' and most_common_vals is not null`,
    )
    expect(known.rowCount).toBeGreaterThan(0)
    const told = await as[role].asTenant(rosewood.tenantId, (tx) =>
      tx.$client.query(
        `select tablename from pg_stats where schemaname in ('public', 'auth') and tablename not in ('workers', 'sealing_keys')`,
      ),
    )
    expect(told.rows).toEqual([])
  })

  test('nothing can be emptied or deleted, of whatever tenant', async () => {
    for (const { name } of tenantTables) {
      for (const statement of [`delete from ${name}`, `truncate ${name}`]) {
        const tried = as[role].asTenant(rosewood.tenantId, (tx) => tx.$client.query(statement))
        await expect(tried, statement).rejects.toMatchObject({ code: '42501' })
      }
    }
  })
})

describe('writing', () => {
  const newRun = (tenantId: string, connectionId: string) =>
    sql`insert into sync_runs (tenant_id, id, connection_id, trigger) values (${tenantId}, ${randomUUID()}, ${connectionId}, 'person')`

  test('a row for another tenant is refused', async () => {
    const tried = as.tidemark_web.asTenant(rosewood.tenantId, (tx) =>
      tx.execute(newRun(harbour.tenantId, harbour.tenantId)),
    )
    await expect(tried).rejects.toMatchObject({ cause: { code: '42501' } })
  })

  test("a row of ours that leads to another's connection fails exactly as one that leads nowhere", async () => {
    const failures = []
    for (const connectionId of [harbour.tenantId, randomUUID()]) {
      const failure = await as.tidemark_web
        .asTenant(rosewood.tenantId, (tx) => tx.execute(newRun(rosewood.tenantId, connectionId)))
        .catch((error: Error) => error.cause as pg.DatabaseError)
      const { code, constraint, detail = '' } = failure as pg.DatabaseError
      failures.push({ code, constraint, detail: detail.replaceAll(connectionId, '?') })
    }
    expect(failures[0]).toEqual(failures[1])
    expect(failures[0]?.code).toBe('23503')
  })

  test("another's rows cannot be changed, nor ours given away", async () => {
    const changed = await as.tidemark_worker.asTenant(rosewood.tenantId, (tx) =>
      tx.execute(sql`update contacts set first_name = 'Changed'`),
    )
    expect(changed.rowCount).toBe(1)
    const { rows } = await admin.query('select tenant_id from contacts where first_name = $1', ['Changed'])
    expect(rows).toEqual([{ tenant_id: rosewood.tenantId }])
    const given = as.tidemark_worker.asTenant(rosewood.tenantId, (tx) =>
      tx.execute(sql`update contacts set tenant_id = ${harbour.tenantId}`),
    )
    await expect(given).rejects.toMatchObject({ cause: { code: '42501' } })
  })
})

describe('the web', () => {
  test.each([
    'select sealed from connection_secrets',
    'select * from connection_secrets',
    'select s from connection_secrets s',
    'select to_jsonb(s) from connection_secrets s',
    'select count(sealed) from connection_secrets',
    'select hint from connection_secrets where length(sealed) > 0',
    `update connection_secrets set hint = encode(sealed, 'hex')`,
    'update connection_secrets set updated_at = now() returning sealed',
    'copy connection_secrets to stdout',
    'select body from raw_snapshots',
    'select * from raw_snapshots',
    'select cursor from raw_snapshots',
    'copy raw_snapshots to stdout',
  ])('cannot do: %s', async (statement) => {
    const tried = as.tidemark_web.asTenant(rosewood.tenantId, (tx) => tx.$client.query(statement))
    await expect(tried).rejects.toThrow(/^permission denied/)
  })

  test('can store a secret anew without ever reading it', async () => {
    const stored = await as.tidemark_web.asTenant(rosewood.tenantId, (tx) =>
      tx.execute(sql`update connection_secrets set sealed = '\\x01', hint = 'wood' where field = 'rosewood'`),
    )
    expect(stored.rowCount).toBe(1)
  })

  test('cannot ask the questions of the schedule', async () => {
    for (const call of [
      `app.claim_due_slots(now(), '1 hour', 1)`,
      'app.queued_runs(1)',
      `app.reap_dead_runs('1 s', '', '')`,
      'app.make_snapshot_partitions()',
      'app.analyze_records()',
      `app.protect('contacts')`,
    ]) {
      await expect(as.tidemark_web.outsideTenants.query(`select ${call}`), call).rejects.toThrow(
        /^permission denied for function/,
      )
    }
  })
})

describe('the operator', () => {
  test.each([
    ...Object.keys(recordTables),
    'opportunity_versions',
    'opportunity_history',
    'raw_snapshots',
    'record_aliases',
  ])('reads nothing of %s', async (table) => {
    const read = as.tidemark_web.asOperator((tx) => tx.$client.query(`select count(*) from ${table}`))
    await expect(read).rejects.toThrow(/^permission denied/)
  })

  test('reads how the syncs of all tenants stand, of secrets nothing, and of records set aside only how many', async () => {
    const [runs, aside] = await as.tidemark_web.asOperator(async (tx) => [
      await tx.$client.query<{ tenant_id: string }>('select tenant_id from sync_runs order by 1'),
      await tx.$client.query('select stream, created_at, resolved_at from quarantine'),
    ])
    expect(runs?.rows.map((row) => row.tenant_id)).toEqual([rosewood.tenantId, harbour.tenantId])
    expect(aside?.rowCount).toBe(2)
    for (const statement of [
      'select reason from quarantine',
      'select source_id from quarantine',
      'select hint from connection_secrets',
    ]) {
      const read = as.tidemark_web.asOperator((tx) => tx.$client.query(statement))
      await expect(read, statement).rejects.toThrow(/^permission denied/)
    }
  })
})

describe('the questions of the schedule', () => {
  test('are answered for all tenants, with ids only', async () => {
    const { rows } = await as.tidemark_worker.outsideTenants.query('select * from app.queued_runs(10)')
    const idsOf = ({ tenantId }: { tenantId: string }) => ({
      tenant_id: tenantId,
      connection_id: tenantId,
      run_id: tenantId,
    })
    expect(rows).toEqual([idsOf(rosewood), idsOf(harbour)])
  })

  test('are asked of our own tables, whatever tables the caller brings along', async () => {
    const worker = await sessionAs('tidemark_worker')
    await worker.query('create temporary table sync_runs (like public.sync_runs including defaults)')
    await worker.query(
      `insert into pg_temp.sync_runs (tenant_id, id, connection_id, trigger) select u, u, u, 'person' from gen_random_uuid() as u`,
    )
    await worker.query('grant select on pg_temp.sync_runs to public')
    const { rows } = await worker.query<{ tenant_id: string }>('select * from app.queued_runs(10)')
    expect(rows.map((row) => row.tenant_id)).toEqual([rosewood.tenantId, harbour.tenantId])
  })
})
