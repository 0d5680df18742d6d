import type { StreamName } from './connectors/connector.ts'
import { ShareError } from './errors.ts'

/** What a connection may use of its CRM's day, and has used. */
export type Share = {
  /** In the unit of the connector's quota. */
  budget: number
  used: number
  /** When the CRM's next day begins. */
  resumesAt: Date
}

/** Why a connection is read: a look at nudged records is the first to be given up, because the pass brings the same. */
export type Purpose = 'pass' | 'look'

/** At which part of the share each stream is given up; the deals go on to the last. */
const givenUpAt: Record<StreamName, number> = {
  activities: 0.7,
  stage_changes: 0.7,
  notes: 0.75,
  lead_sources: 0.8,
  companies: 0.8,
  contacts: 0.85,
  leads: 0.9,
  owners: 0.95,
  pipelines: 0.95,
  stages: 0.95,
  opportunities: 1,
}
const looksGivenUpAt = 0.6

/**
 * Throws `ShareError` when a stream has to leave the rest of the share to others. The next request of the stream is kept back, so its
 * place stays, and its age grows until it goes on.
 */
export function holdBack({ budget, used, resumesAt }: Share, purpose: Purpose, stream: StreamName): void {
  const part = purpose === 'look' ? Math.min(looksGivenUpAt, givenUpAt[stream]) : givenUpAt[stream]
  if (used < budget * part) return
  const at = resumesAt.toISOString().slice(0, 16).replace('T', ' ')
  throw new ShareError(
    `${used} of the day\u2019s share of ${Math.floor(budget)} are used; ${stream} may use ${Math.round(part * 100)} % of it and goes on at ${at} UTC`,
  )
}
