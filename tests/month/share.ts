import type { Arrangement, Client, Synced } from '../worker/arrange.ts'
import { crmName } from './mischief.ts'

/** At which per cent of the share each stream is given up, as docs/decisions/022 states it. */
export const givenUpAt: Record<string, number> = {
  activities: 70,
  stage_changes: 70,
  notes: 75,
  lead_sources: 80,
  companies: 80,
  contacts: 85,
  leads: 90,
  owners: 95,
  pipelines: 95,
  stages: 95,
  opportunities: 100,
}

/** What the dearest single request of a CRM takes of its day: one that was under way may end beyond the share. */
const dearest: Record<string, number> = { pipedrive: 20 }

export type Use = { day: string; used: number; budget: number }

/** What is used of the latest day that anything was counted in, and the share of it; the documented limits where nobody says another. */
export async function useOf(all: Arrangement, client: Client): Promise<Use> {
  const { rows } = await all.db.query<{ day: string; used: number; budget: number }>(
    `select q.day::text, q.used::float8 as used, (coalesce(c.quota_limit, q.told_limit, $2) * c.quota_share)::float8 as budget
     from connections c join quota_days q on q.connection_id = c.id where c.id = $1 order by q.day desc limit 1`,
    [client.connectionId, documented[crmName(client)]],
  )
  return rows[0] ?? { day: '', used: 0, budget: Infinity }
}

const documented: Record<string, number> = {
  clienttether: 172_800,
  hubspot: 250_000,
  pipedrive: 30_000,
  salesforce: 15_000,
}

/** What a run did against the share: it stays within it, and gives up what matters least before what matters more. */
export function overspent(crm: string, before: Use, after: Use, { streams }: Synced): string[] {
  const complaints: string[] = []
  const usedBefore = before.day === after.day ? before.used : 0
  const most = Math.max(usedBefore, after.budget) + (dearest[crm] ?? 1)
  if (after.used > most) complaints.push(`${after.used} used on ${after.day}, the share is ${after.budget}`)
  const paused = Object.entries(streams).filter(([, { error_code: code }]) => code === 'E_QUOTA_SHARE')
  for (const [name] of paused) {
    const part = givenUpAt[name] ?? 0
    if (after.used < (after.budget * part) / 100)
      complaints.push(`${name} was given up at ${after.used} of ${after.budget}`)
  }
  for (const [name, { status, pages }] of Object.entries(streams)) {
    const isOver = usedBefore >= (before.budget * (givenUpAt[name] ?? 0)) / 100
    if (isOver && before.day === after.day && status === 'success' && pages > 0)
      complaints.push(`${name} was read at ${usedBefore} of ${before.budget}`)
  }
  return complaints
}
