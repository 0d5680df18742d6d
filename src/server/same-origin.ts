/**
 * True when a request that changes something was sent by one of our own pages. Every browser of today says where a request
 * comes from; one that says nothing is no browser, and has no business with a cookie. `publicUrl` is where our pages are.
 */
export function isSameOrigin(request: Request, publicUrl: string): boolean {
  const site = request.headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin' && site !== 'none') return false
  const origin = request.headers.get('origin')
  if (origin === null) return site !== null
  if (!URL.canParse(origin)) return false
  // On this machine the pages answer to several names: the one that was asked is the one that must have sent the form.
  const ours = new URL(publicUrl)
  if (origin === ours.origin) return true
  return ours.protocol === 'http:' && origin === `http://${request.headers.get('host')}`
}
