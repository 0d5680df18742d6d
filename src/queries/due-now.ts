import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { steps, tasks } from './due.ts'
import type { DueScope } from './due-parts.ts'
import type { Counted } from './due-summary.ts'

/** The owners in the CRM who have this e-mail address: whose queue a person's own is. */
export async function readOwnOwners(tx: Tx, email: string): Promise<string[]> {
  const { rows } = await tx.execute<{ id: string }>(
    sql`select id from owners where deleted_at is null and lower(email) = lower(${email})`,
  )
  return rows.map(({ id }) => id)
}

/** Beyond it nobody counts: there is enough to do. */
const mostNamed = 99

/** How much is late or due today in somebody's queue; without owners, in everybody's. */
export async function readDueNow(tx: Tx, scope: DueScope, owners: string[] | undefined): Promise<Counted> {
  const lists = (['overdue', 'today'] as const).flatMap((bucket) => [
    steps(scope, { owners, bucket }),
    tasks(scope, { owners, bucket }),
  ])
  const capped = lists.map((list) => sql`(select from (${list}) as r limit ${mostNamed + 1})`)
  const { rows } = await tx.execute<{ count: number }>(
    sql`select count(*)::int as count from (${sql.join(capped, sql` union all `)}) as l`,
  )
  const found = rows[0]?.count ?? 0
  return { count: Math.min(found, mostNamed), isMore: found > mostNamed }
}
