import type { BetterAuthPlugin } from 'better-auth'
import { createAuthEndpoint, type createAuthMiddleware } from 'better-auth/api'

type Context = Pick<Parameters<Parameters<typeof createAuthMiddleware>[0]>[0], 'context' | 'getSignedCookie'>

/** Tells the pages from whom a code is awaited, so that its misses can be counted and noted. */
export const challenge = () =>
  ({
    id: 'challenge',
    endpoints: {
      challengedUser: createAuthEndpoint.serverOnly(
        { method: 'POST', requireHeaders: true },
        async (ctx): Promise<{ userId: string | undefined }> =>
          ctx.json({ userId: await challengedUser(ctx) }),
      ),
    },
  }) satisfies BetterAuthPlugin

/** Whose code is being checked: the person who is signed in, or the one who has shown a first factor. */
export async function userOfCode(ctx: Context): Promise<string | undefined> {
  const { authCookies, secret, internalAdapter } = ctx.context
  const token = await ctx.getSignedCookie(authCookies.sessionToken.name, secret)
  const session = token ? await internalAdapter.findSession(token) : null
  if (session !== null && session.session.expiresAt > new Date()) return session.user.id
  return challengedUser(ctx)
}

async function challengedUser(ctx: Context): Promise<string | undefined> {
  const { context } = ctx
  const cookie = context.createAuthCookie('two_factor')
  const challenged = await ctx.getSignedCookie(cookie.name, context.secret)
  const waiting = challenged ? await context.internalAdapter.findVerificationValue(challenged) : null
  return waiting !== null && waiting.expiresAt > new Date() ? waiting.value : undefined
}
