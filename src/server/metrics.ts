import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Database } from '../../drizzle/db.ts'
import { judgeAge, syncedStreams } from '../domain/freshness.ts'
import { countDueActions, readGauges } from '../queries/health.ts'

export type Metrics = {
  contentType: string
  observe(request: { route: string; method: string; status: number; durationMs: number }): void
  /** Counts a completed action of a tenant. */
  completed(tenantId: string): void
  /** Counts what came by webhooks. */
  nudged(count: number, outcome: 'taken' | 'full' | 'busy' | 'not_genuine'): void
  /** Counts what failed in a browser. */
  browserFailed(): void
  /** Counts where a list was read, once there is a replica. */
  listRead(from: 'replica' | 'database'): void
  /** The text for Prometheus, with the gauges read from the database at this moment. */
  text(): Promise<string>
}

/** The due actions of all workspaces are counted no more often, however often somebody asks. */
const countedForMs = 60_000

/** Starts counting requests. Labels carry slugs and ids, never a customer's name. */
export function startMetrics(database: Database): Metrics {
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register })
  const requests = new Counter({
    name: 'nat_requests_total',
    help: 'Requests answered',
    labelNames: ['method', 'endpoint', 'status'],
    registers,
  })
  const durations = new Histogram({
    name: 'nat_request_duration_seconds',
    help: 'Time from a request to the end of its answer',
    labelNames: ['method', 'endpoint'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const completed = new Counter({
    name: 'nat_actions_completed_total',
    help: 'Actions completed by the next one or an outcome',
    labelNames: ['tenant_id'],
    registers,
  })
  const nudges = new Counter({
    name: 'tidemark_nudges_total',
    help: 'Records that webhooks named, and deliveries that were turned away',
    labelNames: ['outcome'],
    registers,
  })
  const browserErrors = new Counter({
    name: 'nat_browser_errors_total',
    help: 'Errors of our own scripts that browsers told of',
    registers,
  })
  const listReads = new Counter({
    name: 'tidemark_list_reads_total',
    help: 'Lists of pages by where they were read, where there is a replica',
    labelNames: ['from'],
    registers,
  })
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name: `tidemark_${name}`, help, labelNames, registers })
  const up = gauge('database_up', '1 when the database answered this scrape')
  const pool = gauge('database_connections', 'Connections of this process to the database', 'state')
  const ages = gauge(
    'stream_age_seconds',
    'Age of a stream by the clock of the database; +Inf when it never arrived',
    'workspace',
    'connection',
    'stream',
  )
  const runs = gauge('sync_runs_last_day', 'Runs asked for in the last 24 hours', 'workspace', 'status')
  const setAside = gauge(
    'quarantined_records',
    'Records set aside and not read since',
    'workspace',
    'connection',
    'stream',
  )

  const writes = gauge(
    'crm_writes',
    'Changes on their way to a CRM, and those it refused in the last seven days',
    'workspace',
    'connection',
    'state',
  )

  const due = new Gauge({
    name: 'nat_due_actions_total',
    help: 'Next actions that are due, counted at most once a minute',
    labelNames: ['tenant_id'],
    registers,
  })
  let countedAtMs = -Infinity
  const countDue = async (tenantIds: Iterable<string>) => {
    if (performance.now() - countedAtMs < countedForMs) return
    const counts = await countDueActions(database)
    countedAtMs = performance.now()
    due.reset()
    for (const id of tenantIds) due.set({ tenant_id: id }, counts.get(id) ?? 0)
  }

  const readDatabase = async () => {
    for (const stale of [ages, runs, setAside, writes]) stale.reset()
    const now = await readGauges(database)
    const rules = { now: now.status.now, staleAfterMinutes: 0 }
    for (const connection of now.status.connections) {
      const labels = { workspace: now.slugs.get(connection.tenantId) ?? '', connection: connection.id }
      for (const { stream, freshAt } of syncedStreams(connection)) {
        const { ageMinutes } = judgeAge(freshAt, rules)
        ages.set({ ...labels, stream }, ageMinutes === null ? Infinity : ageMinutes * 60)
      }
    }
    for (const { workspace, status, count } of now.runs) runs.set({ workspace, status }, count)
    for (const { workspace, connectionId, stream, count } of now.setAside) {
      setAside.set({ workspace, connection: connectionId, stream }, count)
    }
    for (const { workspace, connectionId, state, count } of now.writes) {
      writes.set({ workspace, connection: connectionId, state }, count)
    }
    await countDue(now.slugs.keys())
  }

  return {
    contentType: register.contentType,
    observe: ({ route, method, status, durationMs }) => {
      requests.inc({ method, endpoint: route, status })
      durations.observe({ method, endpoint: route }, durationMs / 1_000)
    },
    nudged: (count, outcome) => nudges.inc({ outcome }, count),
    browserFailed: () => browserErrors.inc(),
    listRead: (from) => listReads.inc({ from }),
    completed: (tenantId) => completed.inc({ tenant_id: tenantId }),
    text: async () => {
      up.set(
        await readDatabase().then(
          () => 1,
          () => 0,
        ),
      )
      const { totalCount, idleCount, waitingCount } = database.outsideTenants
      pool.set({ state: 'open' }, totalCount)
      pool.set({ state: 'idle' }, idleCount)
      pool.set({ state: 'waited_for' }, waitingCount)
      return register.metrics()
    },
  }
}
