import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Delivery } from '../../drizzle/schema/nudges.ts'

/** Whether two texts are the same, in a time that says nothing of where they differ, nor of how long the right one is. */
export const isSame = (one: string, other: string): boolean =>
  timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'))

/** HMAC-SHA256 in Base64. */
export const signatureOf = (secret: string, ...parts: (string | Buffer)[]): string => {
  const mac = createHmac('sha256', secret)
  for (const part of parts) mac.update(part)
  return mac.digest('base64')
}

/** Whether a delivery carries this password by Basic authentication (RFC 7617), under whatever name. */
export function hasPassword({ headers }: Delivery, password: string): boolean {
  const [, sent = ''] = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(headers.get('authorization') ?? '') ?? []
  const pair = Buffer.from(sent, 'base64').toString()
  return isSame(pair.slice(pair.indexOf(':') + 1), password)
}

/** The digest that tells an event from every other. */
export const eventKeyOf = (...facts: unknown[]): string =>
  hash('sha256', JSON.stringify(facts), 'hex').slice(0, 32)
