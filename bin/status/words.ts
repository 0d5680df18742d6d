import { relativeTime } from '../../src/domain/relative-time.ts'
import type { Standing, StreamAge } from './read.ts'

/** One connection as a line of JSON, names in snake_case as in the HTTP interface. */
export function asJson({ now, lastRun, openRun, streams, ...standing }: Standing): string {
  return JSON.stringify({
    now,
    tenant: standing.tenant,
    connection: standing.name,
    id: standing.id,
    connector: standing.connector,
    state: standing.state,
    state_reason: standing.stateReason,
    last_success_at: lastRun?.lastSuccessAt ?? null,
    as_of: standing.freshAt,
    age_minutes: standing.ageMinutes,
    is_stale: standing.isStale,
    next_due_at: standing.nextDueAt,
    last_run: lastRun && {
      id: lastRun.id,
      status: lastRun.status,
      verdict: lastRun.verdict,
      finished_at: lastRun.finishedAt,
    },
    open_run: openRun && { id: openRun.id, status: openRun.status, started_at: openRun.startedAt },
    streams: streams.map(({ stream, freshAt, ageMinutes, isStale }) => ({
      stream,
      as_of: freshAt,
      age_minutes: ageMinutes,
      is_stale: isStale,
    })),
  })
}

/** All connections for people, a paragraph each. */
export function asText(standings: readonly Standing[]): string[] {
  if (standings.length === 0)
    return ['There is no connection yet. Add one with: npm run tidemark -- connection add --help']
  return standings.flatMap((standing) => [...paragraph(standing), '']).slice(0, -1)
}

function paragraph(standing: Standing): string[] {
  const { now, state, stateReason, lastRun, openRun, nextDueAt } = standing
  const at = (instant: Date | null | undefined, otherwise: string) =>
    instant
      ? `${instant.toISOString().slice(0, 16).replace('T', ' ')} UTC, ${relativeTime(instant, now)}`
      : otherwise
  const reason = stateReason === null ? '' : `: ${stateReason}`
  const age = standing.freshAt === null ? 'no complete copy yet' : `as of ${at(standing.freshAt, '')}`
  return [
    `${standing.tenantName} / ${standing.name} (${standing.tenant})`,
    `  state         ${state.replace('_', ' ')}${reason}`,
    `  data          ${age}${standing.isStale && standing.freshAt ? ', stale' : ''}`,
    `  last success  ${at(lastRun?.lastSuccessAt, 'never')}`,
    `  last run      ${lastRun === null ? 'none' : `${lastRun.status}: ${lastRun.verdict ?? ''}`}`,
    ...(openRun === null
      ? []
      : [`  open run      ${openRun.status}, ${at(openRun.startedAt ?? openRun.queuedAt, '')}`]),
    `  next due      ${at(nextDueAt, '')}`,
    `  streams       ${standing.streams.map(streamWords).join(', ') || 'none yet'}`,
  ]
}

const streamWords = ({ stream, ageMinutes, isStale }: StreamAge): string =>
  ageMinutes === null ? `${stream} never` : `${stream} ${ageMinutes} min${isStale ? ' (stale)' : ''}`
