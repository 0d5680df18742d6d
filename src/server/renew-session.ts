import type { APIContext } from 'astro'

const renewedAfterMs = 86_400_000
/** A session that ends this soon is an old token in its last minute: its successor is there already. */
const lastMinutesMs = 120_000

/** Once a day, on the way to a page, the session gets a new token. */
export async function renewSession({ locals, request, url }: APIContext): Promise<void> {
  const { asker, now, identity } = locals
  if (asker?.road !== 'session' || request.method !== 'GET' || url.pathname.startsWith('/api/')) return
  const { createdAt, expiresAt } = asker.session
  const isYoung = now.getTime() - createdAt.getTime() < renewedAfterMs
  if (isYoung || expiresAt.getTime() - now.getTime() < lastMinutesMs) return
  const { headers } = await identity
    .auth()
    .api.rotateSession({ headers: request.headers, returnHeaders: true })
  locals.setCookies.push(...headers.getSetCookie())
}
