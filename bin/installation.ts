import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, readConfig, type Config } from '../drizzle/config.ts'
import type { Database, DatabaseRole } from '../drizzle/db.ts'
import { formerSecrets, keptSecret } from './secret.ts'

type Environment = Record<string, string | undefined>

/** What a command works on: the configuration, and the database, wherever it is. */
export type Installation = {
  config: Config & { DATABASE_URL: string }
  isEmbedded: boolean
  /** The secret that seals and opens CRM credentials. Throws `ConfigError` when there is none. */
  secret: () => Promise<string>
  /** The secret that signs sessions and tokens. Throws `ConfigError` when there is none. */
  webSecret: () => Promise<string>
  /** Former secrets, which may still open what has not been sealed anew. */
  oldSecrets: () => Promise<string[]>
  /** A small pool as one role; closed with the installation. */
  connect: (role: DatabaseRole) => Promise<Database>
  /** Closes what was opened, and stops a database that was started for this command. */
  close: () => Promise<void>
}

/** Where the demo keeps what its world needs to go on; its presence makes an installation a demo. */
export const demoFile = 'demo.json'

/**
 * Finds the database: the one that DATABASE_URL names, else the embedded one of the data directory. When another
 * program runs that one already it is used, unless `alone` is asked for (then it throws, naming that program);
 * otherwise it is started for the duration of the command.
 */
export async function openInstallation(
  environment: Environment,
  say: (line: string) => void,
  { alone = false } = {},
): Promise<Installation> {
  const config = readConfig(environment)
  const { url, stop } = await findDatabase(config, say, alone)
  const opened: Database[] = []
  return {
    config: {
      ...config,
      DATABASE_URL: url,
      TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: allowsPrivateHosts(config, environment),
    },
    isEmbedded: config.DATABASE_URL === undefined,
    secret: () => secretOf(config),
    webSecret: () => webSecretOf(config),
    oldSecrets: () => oldSecretsOf(config),
    connect: async (role) => {
      const { connect } = await import('../drizzle/db.ts')
      const onError = (error: Error) => say(`the database connection was lost: ${error.message}`)
      const database = connect({ url, role, max: 4, statementTimeoutMs: 60_000, onError })
      opened.push(database)
      return database
    },
    close: async () => {
      await Promise.all(opened.map((database) => database.close()))
      await stop()
    },
  }
}

async function findDatabase(
  { DATABASE_URL, TIDEMARK_DATA_DIR }: Config,
  say: (line: string) => void,
  alone: boolean,
): Promise<{ url: string; stop: () => Promise<void> }> {
  if (DATABASE_URL !== undefined) return { url: DATABASE_URL, stop: async () => undefined }
  const { runningEmbedded, startEmbedded } = await import('../drizzle/embedded.ts')
  const running = alone ? undefined : await runningEmbedded(TIDEMARK_DATA_DIR)
  if (running) return { url: running, stop: async () => undefined }
  const started = await startEmbedded({ dataDir: TIDEMARK_DATA_DIR, log: say })
  try {
    const { migrate } = await import('../drizzle/migrate.ts')
    await migrate(started.url)
  } catch (error) {
    await started.stop()
    throw error
  }
  return started
}

/** The secret of this installation; one of its own only where the database is its own, too. */
async function secretOf(config: Config): Promise<string> {
  if (config.TIDEMARK_SECRET !== undefined) return config.TIDEMARK_SECRET
  if (config.DATABASE_URL === undefined) return keptSecret(config.TIDEMARK_DATA_DIR)
  throw new ConfigError(
    'TIDEMARK_SECRET is not set. It seals the CRM credentials in the database of DATABASE_URL: ' +
      'set it to the value the worker has, or make one with: openssl rand -hex 32',
  )
}

/** Those that are given, else those that `secrets rotate` kept beside the secret. */
async function oldSecretsOf(config: Config): Promise<string[]> {
  if (config.TIDEMARK_OLD_SECRETS !== undefined) return config.TIDEMARK_OLD_SECRETS
  return config.TIDEMARK_SECRET === undefined && config.DATABASE_URL === undefined
    ? formerSecrets(config.TIDEMARK_DATA_DIR)
    : []
}

/** The web's own secret, which opens no credential. */
async function webSecretOf(config: Config): Promise<string> {
  if (config.TIDEMARK_WEB_SECRET !== undefined) return config.TIDEMARK_WEB_SECRET
  if (config.DATABASE_URL === undefined) return keptSecret(config.TIDEMARK_DATA_DIR, 'web-secret')
  throw new ConfigError(
    'TIDEMARK_WEB_SECRET is not set. It signs the sessions of the people who use the database of DATABASE_URL: ' +
      'set it to the value every web process has, or make one with: openssl rand -hex 32',
  )
}

/** The demo's own CRM is on this machine; anywhere else it takes the variable. */
function allowsPrivateHosts(config: Config, environment: Environment): boolean {
  if (environment['TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS']) return config.TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS
  return config.DATABASE_URL === undefined && existsSync(join(config.TIDEMARK_DATA_DIR, demoFile))
}
