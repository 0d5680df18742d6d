import type { Config } from '../../drizzle/config.ts'

const loopback = new Set(['localhost', '127.0.0.1', '::1'])

/**
 * Throws when the pages would be open to a network: nobody signs in yet, so whoever reaches the port reads everything.
 * A container has to listen on 0.0.0.0; there the operator says by PUBLIC_URL that the port is published on loopback.
 */
export function refuseOpenHost({ HOST, PUBLIC_URL }: Pick<Config, 'HOST' | 'PUBLIC_URL'>): void {
  if (loopback.has(bare(HOST))) return
  if (PUBLIC_URL !== undefined && loopback.has(bare(new URL(PUBLIC_URL).hostname))) return
  throw new Error(
    `HOST=${HOST} would show every client's data to whoever can reach this machine, because there is no sign-in yet. ` +
      'Use HOST=127.0.0.1. In a container whose port is published on 127.0.0.1 only, keep HOST and set PUBLIC_URL=http://localhost:4321.',
  )
}

/** The names under which a request may ask for these pages. */
export function allowedHosts({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>): Set<string> {
  const hosts = new Set(loopback)
  if (PUBLIC_URL !== undefined) hosts.add(bare(new URL(PUBLIC_URL).hostname))
  return hosts
}

/** The name in a Host header, without port and brackets; undefined when there is none or it is malformed. */
export function hostnameOf(header: string | undefined): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/@?#\\[\]]+)(:\d{1,5})?$/i.exec(header ?? '')
  return match?.[1] === undefined ? undefined : bare(match[1])
}

function bare(host: string): string {
  return host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
}
