import type { BetterAuthPlugin } from 'better-auth'
import { createAuthEndpoint, sessionMiddleware } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import type { IdentityDatabase } from '../../drizzle/identity.ts'
import { renewToken } from './renew-token.ts'

/**
 * Gives the session of a request a new token and a full life, and lets the old token end within a minute. A stolen cookie is
 * worth something for a day at most while its owner goes on working. Of several requests that ask at once one gets the new
 * token; the others go on with the old one, and the browser they come from has the new one from the first.
 */
export const rotation = (database: Pick<IdentityDatabase, 'db'>) =>
  ({
    id: 'rotation',
    endpoints: {
      rotateSession: createAuthEndpoint.serverOnly(
        { method: 'POST', requireHeaders: true, use: [sessionMiddleware] },
        async (ctx): Promise<{ rotated: boolean }> => {
          const { session, user } = ctx.context.session
          const renewed = await renewToken(database, session.token, {
            ipAddress: ctx.headers.get('x-tidemark-address') ?? session.ipAddress ?? null,
            userAgent: ctx.headers.get('user-agent') ?? session.userAgent ?? null,
          })
          if (renewed === undefined) return ctx.json({ rotated: false })
          await setSessionCookie(ctx, { session: { ...session, ...renewed }, user })
          return ctx.json({ rotated: true })
        },
      ),
    },
  }) satisfies BetterAuthPlugin
