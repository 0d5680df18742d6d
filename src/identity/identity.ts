import { randomUUID } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { drizzleAdapter } from 'better-auth/adapters/drizzle'
import { createAuthMiddleware, APIError } from 'better-auth/api'
import { genericOAuth, twoFactor } from 'better-auth/plugins'
import type { Logger } from 'pino'
import type { Config } from '../../drizzle/config.ts'
import type { IdentityDatabase } from '../../drizzle/identity.ts'
import * as schema from '../../drizzle/schema/identity.ts'
import type { Hearing } from './asked-as.ts'
import { challenge, userOfCode } from './challenge.ts'
import { noteEvent } from './events.ts'
import { tellOwner } from './letters.ts'
import type { Mailer } from './mail.ts'
import { longestPassword, shortestPassword } from './password-length.ts'
import { findPersonById } from './people.ts'
import { oauthOf, type Provider } from './providers.ts'
import { makeRecoveryCodes } from './recovery-codes.ts'
import { sessionDays } from './renew-token.ts'
import { rotation } from './rotation.ts'
import { spendCode } from './spent-codes.ts'

export type IdentityParts = {
  config: Config
  database: IdentityDatabase
  mail: Mailer
  log: Logger
  /** Signs cookies and proofs; of the web alone. */
  secret: string
  /** Where people reach these pages, such as `https://sync.example.com`; never taken from a request. */
  publicUrl: string
  providers: readonly Provider[]
  hearing: Hearing
}

const twoFactorMinutes = 10

/**
 * The sign-in library, set up once: who somebody is, and nothing of what they may do. Its own router stays shut but for the
 * answer of a provider; the pages call its functions.
 */
export function createAuth(parts: IdentityParts) {
  const { database, mail, log, publicUrl, providers } = parts
  const isTls = publicUrl.startsWith('https:')
  return betterAuth({
    appName: 'Tidemark',
    baseURL: publicUrl,
    basePath: '/api/auth',
    secret: parts.secret,
    trustedOrigins: [publicUrl],
    telemetry: { enabled: false },
    logger: {
      level: 'warn',
      log: (level, message, ...rest) =>
        log[level === 'error' ? 'error' : 'warn']({ rest }, `sign-in: ${message}`),
    },
    database: drizzleAdapter(database.db, {
      provider: 'pg',
      transaction: true,
      schema: {
        user: schema.users,
        session: schema.sessions,
        account: schema.accounts,
        verification: schema.verifications,
        twoFactor: schema.twoFactors,
      },
    }),
    advanced: {
      // Behind TLS with the prefix that keeps pages on a neighbouring name from planting a cookie of theirs here. The library
      // would put its own, weaker prefix in front.
      cookiePrefix: isTls ? '__Host-tidemark' : 'tidemark',
      useSecureCookies: false,
      defaultCookieAttributes: { sameSite: 'lax', httpOnly: true, path: '/', secure: isTls },
      database: { generateId: () => randomUUID() },
      // Every request passes our own limits and our own notion of who is a trusted proxy.
      ipAddress: { ipAddressHeaders: ['x-tidemark-address'] },
    },
    rateLimit: { enabled: false },
    session: {
      expiresIn: sessionDays * 86_400,
      // Sessions get a new token instead of a longer life; see rotation.ts.
      disableSessionRefresh: true,
      cookieCache: { enabled: false },
      additionalFields: {
        renewedAt: { type: 'date', required: false, input: false },
        renewalDue: { type: 'boolean', required: false, input: false, defaultValue: false },
        renewedInto: { type: 'string', required: false, input: false },
      },
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      requireEmailVerification: true,
      minPasswordLength: shortestPassword,
      maxPasswordLength: longestPassword,
      resetPasswordTokenExpiresIn: 3_600,
      revokeSessionsOnPasswordReset: true,
      sendResetPassword: async ({ user, token }) => {
        // Not awaited: how long an answer takes must not tell whether the address is known.
        void mail
          .send({
            to: user.email,
            subject: 'Choose a new password for Tidemark',
            text: 'Somebody, most likely you, asked for a new password. The link works once, for one hour. If it was not you, nothing has changed and there is nothing to do.',
            link: `${publicUrl}/reset?token=${encodeURIComponent(token)}`,
          })
          .catch(() => undefined)
      },
    },
    // Whoever reads a copy of the database finds no link in it that sets a password.
    verification: { storeIdentifier: 'hashed' },
    account: {
      encryptOAuthTokens: true,
      accountLinking: { enabled: true, requireLocalEmailVerified: true, allowDifferentEmails: false },
    },
    onAPIError: { errorURL: `${publicUrl}/sign-in` },
    plugins: [
      askEverywhere(
        twoFactor({
          issuer: 'Tidemark',
          twoFactorCookieMaxAge: twoFactorMinutes * 60,
          backupCodeOptions: { customBackupCodesGenerate: makeRecoveryCodes, storeBackupCodes: 'encrypted' },
        }),
      ),
      genericOAuth({ config: providers.map((provider) => oauthOf(provider, parts.hearing.heard)) }),
      rotation(database),
      challenge(),
    ],
    databaseHooks: {
      account: {
        create: {
          after: async ({ userId, providerId }, ctx) => {
            if (providerId === 'credential') return
            const address = ctx?.headers?.get('x-tidemark-address') ?? ''
            await noteEvent(database, userId, 'account_linked', { address }, { provider: providerId })
            const owner = await findPersonById({ database }, userId)
            if (owner !== undefined) tellOwner({ mail }, owner.email, 'account_linked')
          },
        },
      },
    },
    hooks: {
      before: createAuthMiddleware(async (ctx) => {
        if (ctx.path !== '/two-factor/verify-totp') return
        const userId = await userOfCode(ctx)
        const { code } = ctx.body as { code: string }
        if (userId !== undefined && !(await spendCode(database, userId, code)))
          throw new APIError('UNAUTHORIZED', { code: 'INVALID_CODE', message: 'This code was used already.' })
      }),
    },
  })
}

export type Auth = ReturnType<typeof createAuth>

/**
 * The library asks for the second factor after a password only. Whoever has one is asked on the way back from a provider, too.
 */
function askEverywhere<Plugin extends ReturnType<typeof twoFactor>>(plugin: Plugin): Plugin {
  const [ask] = plugin.hooks.after
  if (ask === undefined)
    throw new Error('the second factor is not asked for any more: the library has changed')
  const afterPassword = ask.matcher.bind(ask)
  ask.matcher = (context) => afterPassword(context) || context.path === '/callback/:id'
  return plugin
}
