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

/** A row of any CRM. */
export type Row = Record<string, unknown>

/** Where each CRM has its rows. */
const rowKeys = ['data', 'results', 'records']

function withRows(reply: Reply, change: (rows: Row[]) => Row[]): Reply {
  if (reply.status !== 200 || reply.body[0] !== 0x7b) return reply
  const body = JSON.parse(reply.body.toString()) as Row
  const key = rowKeys.find((name) => Array.isArray(body[name]))
  const rows = key === undefined ? [] : (body[key] as Row[])
  if (key === undefined || rows.length === 0) return reply
  return { ...reply, body: Buffer.from(JSON.stringify({ ...body, [key]: change(rows) })) }
}

/** The answer with its first row changed. */
export function withFirstRow(reply: Reply, change: (row: Row) => Row): Reply {
  return withRows(reply, ([first = {}, ...others]) => [change(first), ...others])
}

/** The answer with every row changed. */
export function withEveryRow(reply: Reply, change: (row: Row) => Row): Reply {
  return withRows(reply, (rows) => rows.map(change))
}

/** A row with the fields changed that the company fills in; some CRMs keep them in a box of their own. */
export function withFields(row: Row, change: (fields: Row) => Row): Row {
  return isFields(row.properties) ? { ...row, properties: change(row.properties) } : change(row)
}

const isFields = (value: unknown): value is Row => typeof value === 'object' && value !== null

function isEnvelope(value: unknown): value is Envelope {
  return typeof value === 'object' && value !== null && 'data' in value && Array.isArray(value.data)
}
