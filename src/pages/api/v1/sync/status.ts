import { judgeAge, judgeFreshness, syncedStreams } from '../../../../domain/freshness.ts'
import { isOpen, worst } from '../../../../domain/verdict.ts'
import { readSettings } from '../../../../queries/connection-settings.ts'
import { readSyncStatus } from '../../../../queries/sync-status.ts'
import { api, json } from '../../../../server/answers.ts'
import type { SyncStatus } from '../../../../server/api-shapes.ts'
import { foundLaterWords } from '../../../../server/found-later.ts'

/** How fresh a workspace is. */
export const GET = api(async (context) => {
  const { asTenant, config, workspace, connectors } = context.locals
  const { now, connections } = await asTenant(readSyncStatus)
  const kinds = await asTenant((tx) =>
    readSettings(
      tx,
      connections.map(({ id }) => id),
    ),
  )
  const rules = { now, staleAfterMinutes: config.STALE_AFTER_MINUTES }
  const freshness = judgeFreshness(connections, rules)
  const answer: SyncStatus = {
    workspace: workspace.slug,
    last_sync_at: freshness.freshAt?.toISOString() ?? null,
    status: worst(connections.flatMap(({ lastRun }) => lastRun?.status ?? [])) ?? 'not_synced',
    freshness: freshness.state,
    is_stale: freshness.isStale,
    age_minutes: freshness.ageMinutes,
    is_running: connections.some(({ openRun }) => openRun !== null && isOpen(openRun.status)),
    found_later: kinds.map((kind) => ({
      connection_id: kind.id,
      words: foundLaterWords(connectors, kind),
    })),
    streams: connections.flatMap((connection) =>
      connection.streams.map((stream) => {
        const isSynced = syncedStreams(connection).includes(stream)
        const age = judgeAge(stream.freshAt, rules)
        return {
          connection: connection.name,
          connection_id: connection.id,
          stream: stream.stream,
          status: stream.status,
          fresh_at: age.freshAt?.toISOString() ?? null,
          age_minutes: age.ageMinutes,
          is_stale: isSynced && age.isStale,
        }
      }),
    ),
  }
  return json(answer)
})
