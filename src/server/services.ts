import type { Logger } from 'pino'
import type { Config } from '../../drizzle/config.ts'
import type { Database } from '../../drizzle/db.ts'
import type { ConnectorForm } from '../commands/add-connection.ts'
import type { DemoPerson } from '../identity/demo-people.ts'
import type { Provider } from '../identity/providers.ts'
import { keepHouse } from '../identity/housekeeping.ts'
import { startIdentity } from '../identity/start.ts'
import { watchOver } from './alerts.ts'
import { alertWays } from './alert-ways.ts'
import { createLimits } from './limits.ts'
import { startLive } from './live.ts'
import { followReplica } from './replica.ts'
import { createTokens } from './tokens.ts'
import { startIntake } from './webhook-intake.ts'
import { createWebhookKeys } from './webhook-keys.ts'

/** What the pages are served with. */
export type WebParts = {
  config: Config
  database: Database
  databaseUrl: string
  /** A replica of the database, which lists may be read from. */
  replica?: Database | undefined
  /** The CRMs that can be connected, by name: as much of their description as a form needs. */
  connectors: ReadonlyMap<string, ConnectorForm>
  /** Signs sessions and tokens. */
  secret: string
  log: Logger
  /** People whom a visitor may try out; given in the demo only. */
  demoPeople?: readonly DemoPerson[]
  /** For tests: sign-in providers of their own, and another limit. */
  providers?: readonly Provider[]
  requestsPerMinute?: number
  /** For tests: when the watch over the connections begins, and how often it looks; milliseconds. */
  watchTimes?: { grace: number; every: number }
}

/** What answers need besides the database, once the pages' own address is known. */
export type Services = Pick<
  App.Locals,
  'identity' | 'limits' | 'tokens' | 'live' | 'webhookKeys' | 'intake' | 'replica'
>

/** Starts them. Streams are ended before the server stops, because a server waits for its answers. */
export async function startServices(
  parts: WebParts,
  publicUrl: string,
): Promise<{ services: Services; endStreams: () => Promise<void>; closeServices: () => Promise<void> }> {
  const tokens = await createTokens({ secret: parts.secret, publicUrl })
  const webhookKeys = await createWebhookKeys(parts.secret)
  const intake = startIntake({ ...parts, webhookKeys })
  const identity = await startIdentity({ ...parts, publicUrl })
  const limits = createLimits(identity.database, parts.requestsPerMinute)
  const house = keepHouse(identity.database, parts.log)
  const { database, connectors, log } = parts
  const watched = {
    database,
    connectors,
    log,
    publicUrl,
    ways: alertWays(parts.config, identity.mail),
    staleAfterMinutes: parts.config.STALE_AFTER_MINUTES,
  }
  const watch = watchOver(watched, parts.watchTimes)
  const live = startLive(parts.database, parts.log)
  const replica = parts.replica && followReplica(parts.replica, parts.log)
  return {
    services: { identity, limits, tokens, live, webhookKeys, intake, replica },
    endStreams: live.close,
    closeServices: async () => {
      await watch.stop()
      await house.stop()
      await identity.close()
    },
  }
}
