import type { APIContext } from 'astro'

const cookie = 'tidemark.known_as'

/**
 * Keeps for the sign-in page, for two minutes, under which address a provider knows this person. Not in the link: a link could
 * put any words in our mouth.
 */
export function keepKnownAs({ locals }: Pick<APIContext, 'locals'>, email: string): void {
  const isSecure = locals.identity.publicUrl.startsWith('https:')
  const attributes = `Path=/sign-in; Max-Age=120; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
  locals.setCookies.push(`${cookie}=${encodeURIComponent(email)}; ${attributes}`)
}

/** What was kept, once. */
export function takeKnownAs({ cookies, locals }: Pick<APIContext, 'cookies' | 'locals'>): string | undefined {
  const kept = cookies.get(cookie)?.value
  if (kept === undefined) return undefined
  locals.setCookies.push(`${cookie}=; Path=/sign-in; Max-Age=0; HttpOnly; SameSite=Lax`)
  return kept.slice(0, 254)
}
