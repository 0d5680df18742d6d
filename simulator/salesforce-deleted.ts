import type { ObjectType } from './salesforce-objects.ts'
import { Refusal } from './salesforce-reply.ts'
import type { Schema } from './salesforce-schema.ts'
import { BIN_SECONDS } from './salesforce-shelf.ts'

const wire = (seconds: number): string => new Date(seconds * 1_000).toISOString().replace('Z', '+0000')

/**
 * Answers `/sobjects/X/deleted/` and `/updated/`: "Get Deleted" and "Get Updated" of the REST API Developer Guide (read 2026-11-20).
 * Seconds of the span are ignored; it ends at the last minute that is over. Throws `Refusal`.
 */
export function replicated(
  schema: Schema,
  type: ObjectType,
  what: 'deleted' | 'updated',
  query: URLSearchParams,
): object {
  const { now } = schema.org.world
  const from = minuteOf(query.get('start'))
  const to = Math.min(minuteOf(query.get('end')), Math.floor(now / 60) * 60 + 60)
  if (to - from < 60)
    throw new Refusal(
      400,
      'INVALID_REPLICATION_DATE',
      'endDate must be at least one minute greater than startDate',
    )
  const days = what === 'deleted' ? 15 : 30
  if (from < now - days * 86_400)
    throw new Refusal(400, 'INVALID_REPLICATION_DATE', `startDate cannot be more than ${days} days ago`)
  const all = schema.shelf(type).all.filter(({ visibleAt }) => visibleAt <= now)
  const latestDateCovered = wire(Math.min(to, now))
  if (what === 'updated') {
    const found = all.filter(({ stamp, removedAt }) => removedAt === 0 && stamp >= from && stamp < to)
    return { ids: found.map(({ id }) => id), latestDateCovered }
  }
  const gone = all.filter(({ removedAt }) => removedAt >= from && removedAt < to)
  return {
    deletedRecords: gone.map(({ id, removedAt }) => ({ id, deletedDate: wire(removedAt) })),
    earliestDateAvailable: wire(now - BIN_SECONDS),
    latestDateCovered,
  }
}

function minuteOf(text: string | null): number {
  const ms = Date.parse((text ?? '').replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
  if (Number.isNaN(ms)) throw new Refusal(400, 'MALFORMED_ID', 'start and end must be instants')
  return Math.floor(ms / 60_000) * 60
}
