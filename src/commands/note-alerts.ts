import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { alerts, type AlertKind, type AlertWay } from '../../drizzle/schema/index.ts'

/** Begins an alert; where one of this kind is open for the connection already, nothing happens. */
export async function beginAlert(
  tx: Tx,
  alert: { tenantId: string; connectionId: string; kind: AlertKind },
): Promise<void> {
  await tx.insert(alerts).values(alert).onConflictDoNothing()
}

/** Ends an alert, and lets that be told at once. */
export async function endAlert(tx: Tx, id: string): Promise<void> {
  await tx
    .update(alerts)
    .set({ endedAt: sql`clock_timestamp()`, tries: 0, nextTryAt: sql`clock_timestamp()` })
    .where(and(eq(alerts.id, id), isNull(alerts.endedAt)))
}

/**
 * Takes those of these alerts of which it is time to tell, so that no other process tells of them too: after a minute, then after
 * two, at last every hour, they are there to be taken again, unless they were told of meanwhile. Gives their ids.
 */
export async function takeAlerts(tx: Tx, ids: readonly string[]): Promise<string[]> {
  const taken = await tx
    .update(alerts)
    .set({
      tries: sql`${alerts.tries} + 1`,
      nextTryAt: sql`clock_timestamp() + least(interval '1 hour', interval '1 minute' * 2 ^ least(${alerts.tries}, 6))`,
    })
    .where(and(inArray(alerts.id, [...ids]), sql`${alerts.nextTryAt} <= clock_timestamp()`))
    .returning({ id: alerts.id })
  return taken.map(({ id }) => id)
}

/** Notes by which way the beginning of an alert was told, or its end. */
export async function noteTold(tx: Tx, id: string, what: 'beginning' | 'end', way: AlertWay): Promise<void> {
  const column = what === 'beginning' ? alerts.beginningToldBy : alerts.endToldBy
  await tx
    .update(alerts)
    .set({
      [what === 'beginning' ? 'beginningToldBy' : 'endToldBy']: sql`array_append(${column}, ${way})`,
      tries: 0,
    })
    .where(and(eq(alerts.id, id), sql`not ${way} = any(${column})`))
}
