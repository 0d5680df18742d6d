import { sql } from 'drizzle-orm'
import type { ConsentApp } from '../drizzle/consent-apps.ts'
import type { Database, Tx } from '../drizzle/db.ts'
import { beginOfDay, lastTold, quotaDay } from '../drizzle/quota.ts'
import type { Keyring } from '../drizzle/seal.ts'
import { createAccess } from './access-token.ts'
import type { AnyConnector } from './connectors/connector.ts'
import { contextOf, type RunContext } from './context.ts'
import { FatalError } from './errors.ts'
import { createFetcher, type Fetcher } from './fetcher.ts'
import { createRateLimit } from './rate-limit.ts'
import { holdBack, type Purpose, type Share } from './share.ts'
import { openSecrets, secretsOfConnection, type StoredSecret } from './stored-secrets.ts'

type Who = { tenantId: string; connectionId: string }

/** A connection ready to be called. */
export type OpenConnection = {
  connector: AnyConnector
  /** Where the CRM answers. */
  baseUrl: string
  settings: never
  context: RunContext
  fetcher: Fetcher
}

/** Where connectors are found by name: a map, or what loads them when they are asked for. */
export type Connectors = {
  get: (name: string) => AnyConnector | undefined | Promise<AnyConnector | undefined>
}

export type OpenOptions = {
  database: Database
  /** For the lock that lets one process at a time renew access that ends by itself. */
  databaseUrl: string
  connectors: Connectors
  keyring: Keyring
  /** The installation's own apps, by connector; for connections that people made by consent. */
  apps?: ReadonlyMap<string, ConsentApp> | undefined
  allowPrivateHosts: boolean
  /** Collects what must have ended before the database is closed. */
  underWay?: Set<Promise<unknown>>
  stopping: AbortSignal
  /** Why it is read; its share of the CRM's day then holds it back. Tests and writes are counted and never held back. */
  purpose?: Purpose
  retryWaitsMs?: readonly number[]
  timeoutMs?: number
}

type Stored = {
  connector: string
  base_url: string | null
  by_consent: boolean
  settings: Record<string, unknown>
  currency: string
  zone: string
  quota_share: number
  quota_limit: string | null
  secrets: StoredSecret[]
}

/** Reads a connection, checks its settings and opens its secrets. Throws `FatalError` (`E_SETTINGS`) naming what does not fit. */
export async function openConnection(options: OpenOptions, who: Who): Promise<OpenConnection> {
  const stored = await options.database.asTenant(who.tenantId, (tx) => readConnection(tx, who))
  const connector = await options.connectors.get(stored.connector)
  if (connector === undefined)
    throw new FatalError('E_SETTINGS', `there is no connector named ${stored.connector}`)
  const settings = readSettings(connector, stored.settings)
  const app = stored.by_consent ? appOf(options, connector) : undefined
  const secrets = await openSecrets(options.keyring, who, connector, stored.secrets, app)
  const zone = connector.quota.day === 'utc' ? 'UTC' : stored.zone
  const share = await readShare(options.database, who, connector, stored, zone)
  const limit = createRateLimit(
    options.database,
    who.tenantId,
    who.connectionId,
    connector.rateLimit(settings),
    options.stopping,
    { zone, used: share.used, hear: (used) => (share.used = used) },
  )
  const { purpose } = options
  const baseUrl = stored.base_url ?? connector.baseUrl
  const { allowPrivateHosts, stopping, retryWaitsMs, timeoutMs } = options
  const { tokens: renewal } = connector
  const access =
    renewal && createAccess({ ...options, connector, renewal, app, baseUrl, who }, stored.secrets, secrets)
  const fetcher = createFetcher({
    connector,
    settings,
    baseUrl,
    secrets,
    access,
    allowPrivateHosts,
    stopping,
    ...limit,
    tell: (told) => {
      limit.tell(told)
      if (stored.quota_limit === null) share.budget = told * stored.quota_share
    },
    holdBack: purpose && ((stream) => holdBack(share, purpose, stream)),
    retryWaitsMs,
    timeoutMs,
  })
  return {
    connector,
    baseUrl,
    settings,
    context: contextOf(who.connectionId, settings, stored.currency),
    fetcher,
  }
}

/** The installation's app at this CRM. Throws `FatalError` (`E_SETTINGS`) when this worker was given none. */
export function appOf({ apps }: Pick<OpenOptions, 'apps'>, { name, consent }: AnyConnector): ConsentApp {
  const app = apps?.get(name)
  if (app !== undefined) return app
  throw new FatalError(
    'E_SETTINGS',
    `people consent to an app of this installation, and the worker was started without it: set ${consent?.variables}_CLIENT_ID and ${consent?.variables}_CLIENT_SECRET`,
  )
}

async function readShare(
  database: Database,
  { tenantId, connectionId }: Who,
  { quota }: AnyConnector,
  stored: Stored,
  zone: string,
): Promise<Share> {
  const zoned = sql`${zone}`
  const day = await database.asTenant(tenantId, async (tx) => {
    const { rows } = await tx.execute<{ used: string | null; told: string | null; ends: Date | string }>(sql`
      select q.used, ${lastTold(sql`${tenantId}`, sql`${connectionId}`)} as told, ${beginOfDay(sql`(d.day + 1)`, zoned)} as ends
      from (select ${quotaDay(zoned)} as day) d
      left join quota_days q on q.tenant_id = ${tenantId} and q.connection_id = ${connectionId} and q.day = d.day`)
    return rows[0]
  })
  const limit = Number(stored.quota_limit ?? day?.told ?? quota.perDay)
  return {
    budget: limit * stored.quota_share,
    used: Number(day?.used ?? 0),
    resumesAt: new Date(day?.ends ?? Date.now()),
  }
}

/** Checks stored settings against the connector's own description. Throws `FatalError` (`E_SETTINGS`). */
export function readSettings(connector: AnyConnector, stored: Record<string, unknown>): never {
  const settings = connector.settings.safeParse(stored)
  if (settings.success) return settings.data
  const problems = settings.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new FatalError('E_SETTINGS', `the settings do not fit ${connector.label}: ${problems.join('; ')}`)
}

async function readConnection(tx: Tx, who: Who): Promise<Stored> {
  const { rows } = await tx.execute<Stored>(sql`
    select c.connector, c.base_url, c.by_consent, c.settings, t.currency, t.time_zone as zone, c.quota_share, c.quota_limit,
      ${secretsOfConnection} as secrets
    from connections c join tenants t on t.id = c.tenant_id
    where c.tenant_id = ${who.tenantId} and c.id = ${who.connectionId}`)
  const [stored] = rows
  if (stored === undefined) throw new FatalError('E_SETTINGS', 'the connection does not exist')
  return stored
}
