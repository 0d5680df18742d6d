import type { APIContext } from 'astro'
import { consentRoute } from '../domain/consent.ts'

/**
 * Sends a stranger to the sign-in, and back afterwards to the page they wanted, or on which they pressed a button. The answer to a
 * consent is not carried along: it is for the session that asked.
 */
export function signInFirst({ request, url, redirect, routePattern }: APIContext): Response {
  if (routePattern === consentRoute) return redirect('/sign-in?next=%2Fw', 303)
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
