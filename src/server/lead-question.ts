import { basisOf, type Basis, type ConnectionNow } from '../domain/freshness.ts'
import { periodNamed, type Period } from '../domain/period.ts'
import type { LeadScope } from '../queries/lead-groups.ts'
import type { LeadFilters } from '../queries/leads.ts'
import { leadAskOf, periodAskedOf, type LeadAsk } from './lead-filters.ts'

/** Whether a lead is qualified is said by its stage, so both must have arrived. */
export const leadStreams = ['leads', 'stages']

/** What an address asks of the leads: whose, of which period, filtered how. The page and the file of them ask the same. */
export type LeadQuestion = {
  scope: LeadScope
  /** Of the connections whose notes and activities are complete, too. */
  touchBasis: Basis
  asOf: Date
  period: Period
  ask: LeadAsk
  filters: LeadFilters
}

export function leadQuestion(
  { id, timeZone }: { id: string; timeZone: string },
  { now, connections, basis }: { now: Date; connections: readonly ConnectionNow[]; basis: Basis },
  search: URLSearchParams,
): LeadQuestion {
  const touchBasis = basisOf(connections, [...leadStreams, 'notes', 'activities'])
  const { connectionIds } = basis
  const scope = { tenantId: id, connectionIds, touchedIn: touchBasis.connectionIds, now }
  const asOf = basis.asOf ?? now
  const period = periodNamed(periodAskedOf(search), asOf, timeZone)
  const ask = leadAskOf(search)
  return { scope, touchBasis, asOf, period, ask, filters: { ...ask, from: period.from, to: period.to } }
}
