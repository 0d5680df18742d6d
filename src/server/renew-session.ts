import type { APIContext } from 'astro'

const renewedAfterMs = 86_400_000

/** Once a day, and when what its owner may do has changed, the session gets a new token on the way to a page. */
export async function renewSession({ locals, request, url }: APIContext): Promise<void> {
  const { asker, now, identity } = locals
  if (asker?.road !== 'session' || request.method !== 'GET' || url.pathname.startsWith('/api/')) return
  const { renewedAt, isRenewalDue, isReplaced } = asker.session
  const isOld = now.getTime() - renewedAt.getTime() >= renewedAfterMs
  if (isReplaced || !(isOld || isRenewalDue)) return
  const { headers } = await identity
    .auth()
    .api.rotateSession({ headers: request.headers, returnHeaders: true })
  locals.setCookies.push(...headers.getSetCookie())
}
