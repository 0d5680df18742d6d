import { createHash, randomUUID } from 'node:crypto'
import pg from 'pg'

/** Values by column; what is left out takes the table's default or the builder's. */
type Row = Record<string, unknown>

export type Seed = ReturnType<typeof seedBuilder>

/** Writes rows as the superuser, past every policy; each call gives back the ids that later ones need. */
/** `keeperId` becomes an admin of every tenant that is made. */
export function seedBuilder(client: pg.Client, keeperId?: string) {
  const insert = async (table: string, row: Row) => {
    const names = Object.keys(row)
    const places = names.map((_, index) => `$${index + 1}`)
    await client.query(
      `insert into ${table} (${names.map((name) => `"${name}"`).join(', ')}) values (${places.join(', ')})`,
      Object.values(row),
    )
  }
  const record = async (table: string, of: Connection, row: Row) => {
    const id = randomUUID()
    await insert(table, {
      tenant_id: of.tenantId,
      connection_id: of.id,
      id,
      source_id: id.slice(0, 8),
      content_hash: createHash('sha256').update(id).digest(),
      snapshot_id: randomUUID(),
      changed_at: new Date(),
      ...row,
    })
    return id
  }
  return {
    client,
    insert,
    record,
    tenant: async (slug: string, row: Row = {}): Promise<string> => {
      const id = randomUUID()
      await insert('tenants', { id, slug, name: slug, time_zone: 'America/Chicago', ...row })
      if (keeperId !== undefined)
        await insert('memberships', { tenant_id: id, user_id: keeperId, role: 'admin' })
      return id
    },
    connection: async (tenantId: string, row: Row = {}): Promise<Connection> => {
      const id = randomUUID()
      const next_due_at = minutesAgo(-46)
      await insert('connections', {
        tenant_id: tenantId,
        id,
        connector: 'clienttether',
        name: 'ClientTether',
        next_due_at,
        ...row,
      })
      return { tenantId, id }
    },
    /** A run that ended well unless `row` says otherwise. */
    run: async (of: Connection, row: Row = {}): Promise<string> => {
      const { rows } = await client.query<{ id: string }>('select app.uuid_v7() as id')
      const id = rows[0]?.id ?? ''
      await insert('sync_runs', {
        tenant_id: of.tenantId,
        id,
        connection_id: of.id,
        trigger: 'schedule',
        status: 'success',
        queued_at: minutesAgo(15),
        started_at: minutesAgo(15),
        finished_at: minutesAgo(14),
        ...row,
      })
      return id
    },
    pass: (of: Connection, runId: string, stream: string, row: Row = {}) =>
      insert('sync_run_streams', {
        tenant_id: of.tenantId,
        run_id: runId,
        connection_id: of.id,
        stream,
        status: 'success',
        started_at: minutesAgo(15),
        finished_at: minutesAgo(14),
        ...row,
      }),
    /** How far a stream is complete; null where it never was. */
    cursor: (of: Connection, stream: string, freshAt: Date | null) =>
      insert('stream_cursors', {
        tenant_id: of.tenantId,
        connection_id: of.id,
        stream,
        fresh_at: freshAt,
        fence: 1,
        updated_at: new Date(),
      }),
  }
}

export type Connection = { tenantId: string; id: string }

/** An instant so many minutes before now. */
export function minutesAgo(minutes: number): Date {
  return new Date(Date.now() - minutes * 60_000)
}

const streams = ['owners', 'stages', 'lead_sources', 'leads', 'opportunities', 'notes', 'activities']

/** A client as it looks after an hourly run: every stream so old, and a handful of records. */
export async function seedTidewell(
  seed: Seed,
  { ageMinutes = 14, slug = 'tidewell', name = 'Tidewell Car Wash' } = {},
) {
  const tenantId = await seed.tenant(slug, { name })
  const connection = await seed.connection(tenantId)
  const runId = await seed.run(connection, {
    queued_at: minutesAgo(ageMinutes + 1),
    started_at: minutesAgo(ageMinutes + 1),
    finished_at: minutesAgo(ageMinutes),
    pages: 9,
    fetched: 231,
    created: 3,
    updated: 9,
    unchanged: 219,
    requests: 12,
    retries: 1,
    bytes: 348_112,
    verdict: '3 new, 9 changed. Every count equals the CRM’s own.',
  })
  for (const [index, stream] of streams.entries()) {
    await seed.cursor(connection, stream, minutesAgo(ageMinutes))
    const counts = { fetched: 20 + index, created: index % 2, our_count: 140 + index, crm_count: 140 + index }
    await seed.pass(connection, runId, stream, { ...counts, started_at: minutesAgo(ageMinutes + 1) })
  }
  await seedRecords(seed, connection)
  return { tenantId, connection, runId, slug }
}

async function seedRecords(seed: Seed, connection: Connection): Promise<void> {
  const stageId = await seed.record('stages', connection, {
    name: 'Validation',
    is_active: true,
    outcome: 'open',
  })
  const closed = await seed.record('stages', connection, { name: 'Dead', is_active: false, outcome: 'lost' })
  const lead = { is_prospect: true, stage_id: stageId }
  await seed.record('leads', connection, {
    ...lead,
    name: 'Priya Raghunathan',
    source_created_at: minutesAgo(60),
  })
  await seed.record('leads', connection, {
    ...lead,
    name: 'Marcus Oyelaran',
    source_created_at: minutesAgo(30 * 1_440),
  })
  await seed.record('leads', connection, {
    ...lead,
    name: 'Bo Lindqvist',
    stage_id: closed,
    source_created_at: minutesAgo(90),
  })
  await seed.record('leads', connection, {
    ...lead,
    name: 'Gone',
    deleted_at: new Date(),
    deleted_because: 'flag',
    source_created_at: minutesAgo(90),
  })
  const deal = { status: 'open', stage_id: stageId, currency: 'USD' }
  await seed.record('opportunities', connection, { ...deal, title: 'Austin', amount_minor: 11_115_000 })
  await seed.record('opportunities', connection, { ...deal, title: 'Columbus', amount_minor: 7_410_050 })
  await seed.record('opportunities', connection, {
    ...deal,
    title: 'Toronto',
    amount_minor: 9_999_999,
    currency: 'CAD',
  })
  await seed.record('opportunities', connection, {
    ...deal,
    title: 'No amount',
    amount_minor: null,
    currency: null,
  })
  await seed.record('opportunities', connection, { ...deal, title: 'Won', status: 'won', amount_minor: 500 })
  const call = { kind: 'call', is_done: false }
  await seed.record('activities', connection, { ...call, subject: 'Late', due_at: minutesAgo(3 * 1_440) })
  await seed.record('activities', connection, {
    ...call,
    subject: 'Done',
    is_done: true,
    due_at: minutesAgo(3 * 1_440),
  })
  await seed.record('activities', connection, { ...call, subject: 'Soon', due_at: minutesAgo(-2 * 1_440) })
  await seed.record('activities', connection, { ...call, subject: 'Far', due_at: minutesAgo(-30 * 1_440) })
  await seed.record('notes', connection, { body: 'Called back', noted_at: minutesAgo(200) })
  await seed.record('notes', connection, { body: 'Old', noted_at: minutesAgo(20 * 1_440) })
}

/** A run that lost notes to an error of the CRM and set one lead aside; gives its id. */
export async function seedFailedRun(seed: Seed, connection: Connection): Promise<string> {
  const error = { error_code: 'E_CRM_DOWN', error_detail: 'GET /api/v2/notes: 502 after 4 attempts' }
  const when = { queued_at: minutesAgo(75), started_at: minutesAgo(75), finished_at: minutesAgo(74) }
  const runId = await seed.run(connection, {
    ...when,
    ...error,
    status: 'partial',
    error_public: 'ClientTether had an error.',
    fetched: 54,
    quarantined: 1,
    pages: 3,
    requests: 7,
    retries: 3,
    bytes: 102_336,
  })
  const started = { started_at: minutesAgo(75) }
  const failed = { status: 'failed', error_public: 'ClientTether had an error while we read notes.' }
  await seed.pass(connection, runId, 'notes', { ...started, ...error, ...failed })
  const counts = { fetched: 54, quarantined: 1, our_count: 144, crm_count: 145 }
  await seed.pass(connection, runId, 'leads', { ...started, ...counts, status: 'partial' })
  const of = { tenant_id: connection.tenantId, connection_id: connection.id, run_id: runId, stream: 'leads' }
  for (const page of [1, 2, 3]) {
    await seed.insert('raw_snapshots', {
      ...of,
      id: `0193${page}f00-0000-7000-8000-${runId.slice(-12)}`,
      seq: page,
      fence: 1,
      request: { method: 'GET', path: '/api/v2/leads', query: { page: String(page), limit: '18' } },
      cursor: '',
      status: 200,
      received_at: minutesAgo(74),
      sha256: Buffer.alloc(32, page),
      byte_length: 34_112,
      records: 18,
      body: Buffer.from('{}'),
    })
  }
  await seed.insert('quarantine', {
    ...of,
    id: randomUUID(),
    snapshot_id: `01931f00-0000-7000-8000-${runId.slice(-12)}`,
    item_index: 3,
    source_id: '5512',
    content_hash: createHash('sha256').update(runId).digest(),
    reason: 'Expected a number, received "two"',
    path: 'units',
    created_at: minutesAgo(74),
  })
  return runId
}
