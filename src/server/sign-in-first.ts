import type { APIContext } from 'astro'

/** Sends a stranger to the sign-in, and back afterwards to the page they wanted, or on which they pressed a button. */
export function signInFirst({ request, url, redirect }: APIContext): Response {
  const wanted = request.method === 'GET' ? url.pathname + url.search : pageOf(request.headers.get('referer'))
  return redirect(`/sign-in?next=${encodeURIComponent(wanted)}`, 303)
}

function pageOf(referer: string | null): string {
  if (referer === null || !URL.canParse(referer)) return '/w'
  const { pathname, search } = new URL(referer)
  return pathname + search
}

/** Where to go after signing in: a page of ours, whatever somebody wrote into the link. */
export function safeNext(given: string | null | undefined): string {
  const base = 'http://inside.invalid'
  if (!given || !/^\/(?![/\\])/.test(given) || /[\\\p{Cc}]/u.test(given) || !URL.canParse(given, base))
    return '/w'
  const { origin, pathname, search, hash } = new URL(given, base)
  return origin === base && !pathname.startsWith('//') ? pathname + search + hash : '/w'
}
