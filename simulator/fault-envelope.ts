import type { Reply } from './reply.ts'

/** A parsed success; `data` holds its rows. */
export type Envelope = Record<string, unknown> & { data: Record<string, unknown>[] }

/** The envelope of an answer, or undefined when it is not a success with rows. */
export function readEnvelope(reply: Reply): Envelope | undefined {
  if (reply.status !== 200 || reply.body[0] !== 0x7b) return undefined
  const parsed: unknown = JSON.parse(reply.body.toString())
  return isEnvelope(parsed) ? parsed : undefined
}

/** The answer with its envelope changed; an answer without rows stays as it is. */
export function withEnvelope(reply: Reply, change: (envelope: Envelope) => Record<string, unknown>): Reply {
  const envelope = readEnvelope(reply)
  return envelope ? { ...reply, body: Buffer.from(JSON.stringify(change(envelope))) } : reply
}

/** The answer with its first row changed. */
export function withFirstRow(
  reply: Reply,
  change: (row: Record<string, unknown>) => Record<string, unknown>,
): Reply {
  const envelope = readEnvelope(reply)
  const [first, ...others] = envelope?.data ?? []
  if (!envelope || !first) return reply
  return { ...reply, body: Buffer.from(JSON.stringify({ ...envelope, data: [change(first), ...others] })) }
}

/** The answer with every row changed. */
export function withEveryRow(
  reply: Reply,
  change: (row: Record<string, unknown>) => Record<string, unknown>,
): Reply {
  return withEnvelope(reply, (envelope) => ({ ...envelope, data: envelope.data.map(change) }))
}

function isEnvelope(value: unknown): value is Envelope {
  return typeof value === 'object' && value !== null && 'data' in value && Array.isArray(value.data)
}
