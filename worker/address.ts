import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { buildConnector } from 'undici'

/** Thrown when a connection leads into our own network; the message says how to allow it. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError'
}

/** True for addresses that anyone on the internet may have; false for loopback, private, link-local and reserved ones. */
export function isPublic(address: string): boolean {
  const parsed = ipaddr.process(address)
  return parsed.range() === 'unicast'
}

function refuse(host: string): PrivateAddressError {
  return new PrivateAddressError(
    `${host} is not a public address. A CRM on a private network needs TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS=true.`,
  )
}

/**
 * Opens sockets for undici. Unless `allowPrivate`, refuses private addresses at the moment of connecting, both those
 * written literally and those a name resolves to: a name can change between a check and its use.
 */
export function guardedConnector(allowPrivate: boolean): buildConnector.connector {
  if (allowPrivate) return buildConnector({ timeout: 10_000 })
  const resolve: LookupFunction = (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const blocked = addresses?.find(({ address }) => !isPublic(address))
      const first = addresses?.[0]
      if (error !== null || first === undefined) done(error ?? new Error(`no address for ${hostname}`), [])
      else if (blocked !== undefined) done(refuse(hostname), [])
      else if (options.all) done(null, addresses)
      else done(null, first.address, first.family)
    })
  }
  const open = buildConnector({ timeout: 10_000, lookup: resolve })
  return (options, done) => {
    const host = options.hostname.replace(/^\[|\]$/g, '')
    if (isIP(host) !== 0 && !isPublic(host)) done(refuse(host), null)
    else open(options, done)
  }
}
