import { pino } from 'pino'
import type { Identity } from '../../src/identity/start.ts'
import type { Installation } from '../installation.ts'

/** Opens what knows the people, for one command. Whoever opens it closes it. */
export async function openIdentity(installation: Installation): Promise<Identity> {
  const { startIdentity } = await import('../../src/identity/start.ts')
  const { config } = installation
  const { HOST, PORT, PUBLIC_URL } = config
  return startIdentity({
    config,
    databaseUrl: config.DATABASE_URL,
    secret: await installation.webSecret(),
    publicUrl: PUBLIC_URL === undefined ? `http://${HOST}:${PORT}` : new URL(PUBLIC_URL).origin,
    // A command says what went wrong itself; of providers it asks nothing.
    log: pino({ level: 'silent' }),
    providers: [],
  })
}
