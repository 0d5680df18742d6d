import type { Tx } from '../../drizzle/db.ts'
import type { StageTime } from '../domain/stage-time.ts'
import type { DealScope } from '../queries/bridge.ts'
import { readStageTimes } from '../queries/deal-history.ts'

/** So many answers are kept, the latest ones. */
const mostKept = 500
const kept = new Map<string, StageTime[]>()

/** How long opportunities stand in each stage. It takes a look at much of the history, so it is found once for each time of the data. */
export async function stageTimesOf(tx: Tx, scope: DealScope, asOf: Date): Promise<StageTime[]> {
  const key = [scope.tenantId, ...scope.connectionIds.toSorted(), asOf.toISOString()].join(' ')
  const known = kept.get(key)
  if (known !== undefined) return known
  const times = await readStageTimes(tx, scope)
  kept.set(key, times)
  const [oldest] = kept.keys()
  if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest)
  return times
}
