import { gte, isNull, or, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { alerts, tenants } from '../../drizzle/schema/index.ts'

export type Alert = typeof alerts.$inferSelect

/** Alerts that are open, and those that ended within a day, of all workspaces; and each workspace's name by the id of its tenant. */
export async function readAlerts(
  tx: Tx,
): Promise<{ alerts: Alert[]; workspaces: Map<string, { slug: string; name: string }> }> {
  const found = await tx
    .select()
    .from(alerts)
    .where(or(isNull(alerts.endedAt), gte(alerts.endedAt, sql`now() - interval '1 day'`)))
    .orderBy(alerts.beganAt)
  const named = await tx.select({ id: tenants.id, slug: tenants.slug, name: tenants.name }).from(tenants)
  return { alerts: found, workspaces: new Map(named.map(({ id, ...words }) => [id, words])) }
}
