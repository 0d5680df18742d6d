import type { Tx } from '../../drizzle/db.ts'
import { daysBetween } from '../domain/stage-time.ts'
import { readDealHistories, type HistoryScope } from '../queries/deal-history.ts'
import type { DealRow } from '../queries/pipeline.ts'

/** An opportunity with what became of it so far. */
export type DealLine = DealRow & {
  daysInStage: number
  /** It stood there before our copy began, perhaps for longer. */
  isAtLeast: boolean
  isSlow: boolean
  /** How often its close date was moved to a later day. */
  pushed: number
  touchedAt: Date | null
}

/** The same opportunities with their histories, as of the time of the data. */
export async function dealLinesOf(
  tx: Tx,
  { history, slowSince, asOf }: { history: HistoryScope; slowSince: ReadonlyMap<string, Date>; asOf: Date },
  deals: readonly DealRow[],
): Promise<DealLine[]> {
  const histories = await readDealHistories(
    tx,
    history,
    deals.map(({ id }) => id),
  )
  return deals.map((deal) => {
    const {
      stageSince = asOf,
      isAtLeast = false,
      pushed = 0,
      touchedAt = null,
    } = histories.get(deal.id) ?? {}
    const limit = deal.status === 'open' && !deal.isRemoved ? slowSince.get(deal.stageKey) : undefined
    return {
      ...deal,
      daysInStage: daysBetween(stageSince, asOf),
      isAtLeast,
      isSlow: limit !== undefined && stageSince < limit,
      pushed,
      touchedAt,
    }
  })
}
