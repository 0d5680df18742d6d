import type { Config } from '../../drizzle/config.ts'

const loopback = new Set(['localhost', '127.0.0.1', '::1'])

/**
 * Throws when people would reach these pages over a network without TLS, or under a name that nobody has fixed: passwords and
 * sessions would travel in the open. A container has to listen on 0.0.0.0; there PUBLIC_URL says where its port is published.
 */
export function refuseOpenHost({ HOST, PUBLIC_URL }: Pick<Config, 'HOST' | 'PUBLIC_URL'>): void {
  const isLocal = (host: string) => loopback.has(bare(host))
  if (PUBLIC_URL === undefined && isLocal(HOST)) return
  if (PUBLIC_URL === undefined) {
    throw new Error(
      `HOST=${HOST} opens the pages to a network, so PUBLIC_URL must say under which address people reach them, such as ` +
        'https://sync.example.com. In a container whose port is published on 127.0.0.1 only: PUBLIC_URL=http://localhost:4321.',
    )
  }
  const { protocol, hostname } = new URL(PUBLIC_URL)
  if (protocol === 'https:' || isLocal(hostname)) return
  throw new Error(
    `PUBLIC_URL=${PUBLIC_URL} would send passwords and sessions over the network in the open. ` +
      'Put a proxy with TLS in front and begin PUBLIC_URL with https://.',
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
