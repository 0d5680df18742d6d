import { hash, timingSafeEqual } from 'node:crypto'
import ipaddr from 'ipaddr.js'

/**
 * Whether a request may read the numbers for Prometheus, which name every workspace: it shows METRICS_TOKEN, or, where none is
 * set, it comes from this machine and was not passed on by a proxy.
 */
export function isScraper({ config, address }: App.Locals, headers: Headers): boolean {
  const { METRICS_TOKEN } = config
  if (METRICS_TOKEN === undefined) return isLoopback(address) && !headers.has('x-forwarded-for')
  const shown = /^Bearer (.+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(shown), digest(METRICS_TOKEN))
}

const isLoopback = (address: string) =>
  ipaddr.isValid(address) && ipaddr.parse(address).range() === 'loopback'
const digest = (text: string) => Buffer.from(hash('sha256', text, 'hex'), 'hex')
