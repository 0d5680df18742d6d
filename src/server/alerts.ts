import type { Logger } from 'pino'
import type { Database } from '../../drizzle/db.ts'
import { beginAlert, endAlert, noteTold, takeAlerts } from '../commands/note-alerts.ts'
import type { ConnectorForm } from '../commands/add-connection.ts'
import { alertSentence, troublesOf, turnsOf } from '../domain/alerts.ts'
import { readAlerts, type Alert } from '../queries/alerts.ts'
import { readSyncStatus, type ConnectionStatus } from '../queries/sync-status.ts'
import { messageOf, type Told, type Way } from './alert-ways.ts'

/** Runs that were missed while nothing was running get so long to catch up before anybody is told. */
const graceMs = 600_000
const everyMs = 60_000

type Watch = {
  database: Database
  ways: readonly Way[]
  connectors: ReadonlyMap<string, ConnectorForm>
  staleAfterMinutes: number
  publicUrl: string
  log: Logger
}

/**
 * Watches over the connections of all workspaces: an alert begins when the CRM takes our key no more or data grows stale, and ends
 * when that is over. Each beginning and each end is logged, and told once by each way that there is. It looks from here and not
 * from the worker, so that a worker that stands still is noticed; any number of processes may watch.
 */
export function watchOver(
  watch: Watch,
  { grace = graceMs, every = everyMs }: { grace?: number; every?: number } = {},
): { stop: () => Promise<void> } {
  let looking: Promise<void> | undefined
  const look = () => {
    looking ??= lookAround(watch)
      .catch((error: unknown) => watch.log.warn({ err: error }, 'alerts.not_looked'))
      .finally(() => {
        looking = undefined
      })
  }
  let timer = setTimeout(() => {
    look()
    timer = setInterval(look, every)
  }, grace)
  return {
    stop: async () => {
      clearTimeout(timer)
      await looking
    },
  }
}

async function lookAround(watch: Watch): Promise<void> {
  await judge(watch)
  await tell(watch)
}

/** Begins and ends alerts, as the connections stand. */
async function judge({ database, staleAfterMinutes, log }: Watch): Promise<void> {
  const { now, connections, open } = await database.asOperator(async (tx) => ({
    ...(await readSyncStatus(tx)),
    open: (await readAlerts(tx)).alerts.filter(({ endedAt }) => endedAt === null),
  }))
  for (const connection of connections) {
    const { id: connectionId, tenantId } = connection
    const held = open.filter((alert) => alert.connectionId === connectionId)
    const troubles = troublesOf(connection, { now, staleAfterMinutes })
    const { begins, ends } = turnsOf(
      troubles,
      held.map(({ kind }) => kind),
    )
    if (begins.length + ends.length === 0) continue
    await database.asTenant(tenantId, async (tx) => {
      for (const kind of begins) await beginAlert(tx, { tenantId, connectionId, kind })
      for (const { id, kind } of held) if (ends.includes(kind)) await endAlert(tx, id)
    })
    const about = { tenant_id: tenantId, connection_id: connectionId }
    for (const kind of begins) log.warn({ ...about, kind }, 'alert.began')
    for (const kind of ends) log.info({ ...about, kind }, 'alert.ended')
  }
}

/** Tells of what nobody was told yet, by each way in one message. What could not be told is told another time. */
async function tell(watch: Watch): Promise<void> {
  const { database, ways, log } = watch
  const { alerts, workspaces, now, connections } = await database.asOperator(async (tx) => ({
    ...(await readAlerts(tx)),
    ...(await readSyncStatus(tx)),
  }))
  const untold = alerts.filter((alert) => ways.some((way) => !isTold(alert, way)))
  const taken = new Set<string>()
  for (const [tenantId, theirs] of Map.groupBy(untold, (alert) => alert.tenantId)) {
    const ids = theirs.map(({ id }) => id)
    for (const id of await database.asTenant(tenantId, (tx) => takeAlerts(tx, ids))) taken.add(id)
  }
  for (const way of ways) {
    const due = untold.filter((alert) => taken.has(alert.id) && !isTold(alert, way))
    const told = due.flatMap((alert) => toldOf(alert))
    if (told.length === 0) continue
    try {
      await way.tell(messageOf(told))
    } catch (error) {
      log.error({ err: error, way: way.name, alerts: told.length }, 'alert.not_told')
      continue
    }
    log.info({ way: way.name, alerts: told.length }, 'alert.told')
    for (const { id, tenantId, endedAt } of due)
      await database.asTenant(tenantId, (tx) => noteTold(tx, id, endedAt ? 'end' : 'beginning', way.name))
  }

  function toldOf(alert: Alert): Told[] {
    const connection = connections.find(({ id }) => id === alert.connectionId)
    const workspace = workspaces.get(alert.tenantId)
    if (connection === undefined || workspace === undefined) return []
    return [worded(watch, alert, connection, workspace, now)]
  }
}

const isTold = ({ endedAt, beginningToldBy, endToldBy }: Alert, { name }: Way): boolean =>
  (endedAt === null ? beginningToldBy : endToldBy).includes(name)

function worded(
  { connectors, publicUrl, staleAfterMinutes }: Watch,
  { id, kind, beganAt, endedAt }: Alert,
  connection: ConnectionStatus,
  workspace: { slug: string; name: string },
  now: Date,
): Told {
  const crm = connectors.get(connection.connector)?.label ?? connection.connector
  const words = { kind, hasEnded: endedAt !== null, workspace: workspace.name, crm }
  return {
    id,
    kind,
    beganAt,
    endedAt,
    workspace: workspace.slug,
    connection: { id: connection.id, name: connection.name, crm },
    sentence: alertSentence(words, connection, { now, staleAfterMinutes }),
    url: `${publicUrl}/w/${workspace.slug}/sync`,
  }
}
