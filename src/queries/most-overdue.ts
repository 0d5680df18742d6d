import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { activities, contacts, opportunities, owners } from '../../drizzle/schema/index.ts'
import { basisOf, type ConnectionNow } from '../domain/freshness.ts'
import type { Workspace } from './workspaces.ts'

/** An activity of the CRM that was due before today. */
export type OverdueActivity = {
  id: string
  kind: string
  subject: string | null
  /** Whom or what it is about. */
  about: string | null
  owner: string | null
  dueAt: Date
  daysLate: number
}

/** Those that wait longest, at most `most`. */
export async function readMostOverdue(
  tx: Tx,
  { timeZone }: Pick<Workspace, 'timeZone'>,
  status: { connections: readonly ConnectionNow[] },
  most: number,
): Promise<OverdueActivity[]> {
  const { connectionIds } = basisOf(status.connections, ['activities'])
  const { rows } = await tx.execute<Stored>(sql`
    select a.id, a.kind, a.subject, w.name as owner, a.due_at,
      coalesce(nullif(concat_ws(' ', c.first_name, c.last_name), ''), o.title) as about,
      (now() at time zone ${timeZone})::date - (a.due_at at time zone ${timeZone})::date as days_late
    from ${activities} a
    left join ${contacts} c on c.tenant_id = a.tenant_id and c.id = a.contact_id and c.deleted_at is null
    left join ${opportunities} o on o.tenant_id = a.tenant_id and o.id = a.opportunity_id and o.deleted_at is null
    left join ${owners} w on w.tenant_id = a.tenant_id and w.id = a.owner_id and w.deleted_at is null
    where a.connection_id = any(${sql.param(connectionIds)}::uuid[]) and not a.is_done and a.deleted_at is null
      and a.due_at < date_trunc('day', now() at time zone ${timeZone}) at time zone ${timeZone}
    order by a.due_at, a.id limit ${most}`)
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    about: row.about,
    owner: row.owner,
    dueAt: new Date(row.due_at),
    daysLate: Number(row.days_late),
  }))
}

type Stored = {
  id: string
  kind: string
  subject: string | null
  about: string | null
  owner: string | null
  due_at: string
  days_late: string
}
