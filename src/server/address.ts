import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'

/**
 * The address a request came from: the socket's, unless a proxy on the list sent it; then the last one in X-Forwarded-For that is
 * no such proxy. Whatever stands left of it was written by a stranger.
 */
export function clientAddress(
  req: Pick<IncomingMessage, 'socket' | 'headers'>,
  proxies: readonly string[],
): string {
  const trusted = proxies.map((proxy) =>
    ipaddr.parseCIDR(
      proxy.includes('/') ? proxy : `${proxy}/${ipaddr.parse(proxy).kind() === 'ipv4' ? 32 : 128}`,
    ),
  )
  const isProxy = (address: string) => {
    const parsed = ipaddr.process(address)
    return trusted.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits))
  }
  const forwarded = String(req.headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((part) => part.trim())
  let address = plain(req.socket.remoteAddress ?? '')
  while (address !== '' && trusted.length > 0 && isProxy(address)) {
    const next = plain(forwarded.pop() ?? '')
    if (next === '') break
    address = next
  }
  return address
}

/**
 * Whose tries are counted together: an address of IPv4, and of IPv6 the first 64 bits. What follows them a subscriber chooses
 * freely, so counted by whole addresses nobody there would ever come to the end of a limit.
 */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString()
  return `${new ipaddr.IPv6([...parsed.parts.slice(0, 4), 0, 0, 0, 0]).toString()}/64`
}

/** One spelling for one address; empty when it is none. */
function plain(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : ''
}
