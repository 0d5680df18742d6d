/**
 * True when a request that changes something was not sent by another site. Browsers say where it came from;
 * programs send neither header. Forms are checked a second time by Astro's own origin check.
 */
export function isSameOrigin(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin' && site !== 'none') return false
  const origin = request.headers.get('origin')
  if (origin === null) return true
  return URL.canParse(origin) && new URL(origin).host === request.headers.get('host')
}
