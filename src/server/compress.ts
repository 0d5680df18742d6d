import type { IncomingMessage, ServerResponse } from 'node:http'
import compression from 'compression'

/** Pages on which a secret may stand beside what a stranger put into the address; packed, their size would tell of it (BREACH). */
const withSecrets = /^\/(sign-in|reset|invite|w\/[^/]+\/settings\/(security|keys|connections))(\/|$)/

/** Lets answers travel packed where the browser takes them so: a third of the bytes on a slow line. */
export const compress = compression({
  level: 4,
  filter: (req, res) => mayBePacked(req, res) && compression.filter(req, res),
}) as unknown as (req: IncomingMessage, res: ServerResponse, next: () => void) => void

function mayBePacked({ method, url = '' }: IncomingMessage, res: ServerResponse): boolean {
  const isStream = res.getHeader('content-type') === 'text/event-stream'
  return method === 'GET' && !isStream && !withSecrets.test(url.split('?')[0] ?? '')
}
