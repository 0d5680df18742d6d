import type { BetterAuthPlugin } from 'better-auth'
import { createAuthEndpoint, sessionMiddleware } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'

/** Requests that were under way with the old token may still arrive. */
const graceMs = 60_000

/**
 * Gives the session of a request a new token and a full life, and lets the old token end within a minute. A stolen cookie is
 * worth something for a day at most while its owner goes on working, and shows as a session of its own afterwards.
 */
export const rotation = () =>
  ({
    id: 'rotation',
    endpoints: {
      rotateSession: createAuthEndpoint.serverOnly(
        { method: 'POST', requireHeaders: true, use: [sessionMiddleware] },
        async (ctx) => {
          const { session, user } = ctx.context.session
          const { ipAddress, userAgent } = session
          const renewed = await ctx.context.internalAdapter.createSession(user.id, false, {
            ipAddress,
            userAgent,
          })
          await setSessionCookie(ctx, { session: renewed, user })
          await ctx.context.internalAdapter.updateSession(session.token, {
            expiresAt: new Date(Date.now() + graceMs),
          })
          return ctx.json({ rotated: true })
        },
      ),
    },
  }) satisfies BetterAuthPlugin
