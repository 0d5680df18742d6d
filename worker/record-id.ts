import { hash } from 'node:crypto'

/**
 * Our id of a CRM record: UUID v5 (RFC 9562 §5.5) of `table:sourceId` in the connection's own namespace, so that relations
 * need no look-up and a replay gives the same ids. Written here because a sync makes several per record and the runtime's
 * one-shot digest takes a quarter of the time of the libraries.
 */
export function recordIds(connectionId: string): (table: string, sourceId: string) => string {
  const namespace = Buffer.from(connectionId.replaceAll('-', ''), 'hex')
  let scratch = Buffer.concat([namespace, Buffer.alloc(512)])
  return (table, sourceId) => {
    const name = `${table}:${sourceId}`
    const room = name.length * 3 + namespace.length
    if (room > scratch.length) scratch = Buffer.concat([namespace, Buffer.alloc(room)])
    const end = namespace.length + scratch.write(name, namespace.length, 'utf8')
    const digest = hash('sha1', scratch.subarray(0, end), 'hex')
    const variant = ((Number.parseInt(digest.slice(16, 18), 16) & 0x3f) | 0x80).toString(16)
    return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(18, 20)}-${digest.slice(20, 32)}`
  }
}
