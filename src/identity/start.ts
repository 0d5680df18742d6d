import type { Logger } from 'pino'
import type { Config } from '../../drizzle/config.ts'
import { connectIdentity, type IdentityDatabase } from '../../drizzle/identity.ts'
import { createHearing, type Hearing } from './asked-as.ts'
import { createAuth, type Auth, type IdentityParts } from './identity.ts'
import { createLetterLimits, type LetterLimits } from './letter-limits.ts'
import { startMail, type Mailer } from './mail.ts'
import { discoveryUrl, providersOf, type Provider } from './providers.ts'
import { sessionCookie, type SessionCookie } from './session-cookie.ts'
import { createThrottle, type Throttle } from './throttle.ts'

/** Everything about who people are. */
export type Identity = {
  /** The sign-in library as it is set up at this moment. */
  auth: () => Auth
  database: IdentityDatabase
  /** Reads the cookie of a session. */
  cookie: SessionCookie
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
  let auth = await createAuthWithThoseThatAnswer(parts)
  let asking: Promise<void> | undefined
  const askAgain = async () => {
    auth = await createAuthWithThoseThatAnswer(parts)
  }
  const { name } = (await auth.$context).authCookies.sessionToken
  return {
    auth: () => auth,
    database,
    cookie: sessionCookie({ name, secret }),
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

/** A provider that takes a connection and says nothing must not keep anybody from signing in with a password. */
const providerAnswersWithinMs = 3_000

/** The library waits for its providers without a limit of its own, so it is given those alone that answer now. */
async function createAuthWithThoseThatAnswer(parts: IdentityParts): Promise<Auth> {
  const answers = await Promise.all(
    parts.providers.map((provider) =>
      fetch(discoveryUrl(provider), { signal: AbortSignal.timeout(providerAnswersWithinMs) }).then(
        async (answer) => (await answer.body?.cancel(), answer.ok),
        () => false,
      ),
    ),
  )
  const providers = parts.providers.filter((_, index) => answers[index])
  const silent = parts.providers.filter((_, index) => !answers[index]).map(({ id }) => id)
  if (silent.length > 0) parts.log.warn({ providers: silent }, 'sign-in.provider_silent')
  const auth = createAuth({ ...parts, providers })
  await auth.$context
  return auth
}
