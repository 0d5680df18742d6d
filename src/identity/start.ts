import type { Logger } from 'pino'
import type { Config } from '../../drizzle/config.ts'
import { connectIdentity, type IdentityDatabase } from '../../drizzle/identity.ts'
import { createHearing, type Hearing } from './asked-as.ts'
import { createAuth, type Auth, type IdentityParts } from './identity.ts'
import { createLetterLimits, type LetterLimits } from './letter-limits.ts'
import { startMail, type Mailer } from './mail.ts'
import { providersOf, type Provider } from './providers.ts'
import { createThrottle, type Throttle } from './throttle.ts'

/** Everything about who people are. */
export type Identity = {
  /** The sign-in library as it is set up at this moment. */
  auth: () => Auth
  database: IdentityDatabase
  mail: Mailer
  /** Otherwise the log is where links go. */
  sendsMail: boolean
  providers: readonly Provider[]
  hearing: Hearing
  throttle: Throttle
  letterLimits: LetterLimits
  publicUrl: string
  /** Asks the providers for their addresses again; one that could not be reached at the start is offered from then on. */
  askProvidersAgain: () => Promise<void>
  close: () => Promise<void>
}

export async function startIdentity(options: {
  config: Config
  databaseUrl: string
  secret: string
  publicUrl: string
  log: Logger
  /** For tests: providers of their own. */
  providers?: readonly Provider[]
}): Promise<Identity> {
  const { config, databaseUrl, log, publicUrl, secret } = options
  const database = connectIdentity({
    url: databaseUrl,
    max: 6,
    statementTimeoutMs: 10_000,
    onError: (error) => log.warn({ err: error }, 'database.connection_lost'),
  })
  const mail = startMail(config, log)
  const providers = options.providers ?? providersOf(config)
  const hearing = createHearing()
  const parts: IdentityParts = { config, database, mail, log, secret, publicUrl, providers, hearing }
  let auth = createAuth(parts)
  await auth.$context
  let asking: Promise<void> | undefined
  const askAgain = async () => {
    const renewed = createAuth(parts)
    await renewed.$context
    auth = renewed
  }
  return {
    auth: () => auth,
    database,
    mail,
    sendsMail: config.SMTP_URL !== undefined,
    providers,
    hearing,
    publicUrl,
    throttle: createThrottle(database),
    letterLimits: createLetterLimits(database),
    askProvidersAgain: () => {
      // One question for everybody who waits for it.
      asking ??= askAgain().finally(() => {
        asking = undefined
      })
      return asking
    },
    close: async () => {
      mail.close()
      await database.close()
    },
  }
}
