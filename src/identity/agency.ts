import { and, asc, eq, isNotNull, isNull } from 'drizzle-orm'
import { agencyOperators } from '../../drizzle/schema/access.ts'
import { agencies } from '../../drizzle/schema/tenancy.ts'
import type { Identity } from './start.ts'

type Staff = Pick<Identity, 'database'>

/** The name that migrations give to the first agency, which nobody has chosen. */
const unnamed = 'Agency'

/** The agency that new tenants belong to. */
export async function firstAgency({ database }: Staff): Promise<{ id: string; name: string }> {
  const [first] = await database.db
    .select({ id: agencies.id, name: agencies.name })
    .from(agencies)
    .orderBy(asc(agencies.createdAt), asc(agencies.id))
    .limit(1)
  if (first === undefined) throw new Error('there is no agency: the migrations make one')
  return first
}

/** Names the first agency, unless somebody has done so. */
export async function nameAgency({ database }: Staff, name: string): Promise<void> {
  await database.db.update(agencies).set({ name }).where(eq(agencies.name, unnamed))
}

/** Makes a person an operator of the first agency. Somebody who was one before is one again only where `again` is said. */
export async function addOperator(
  identity: Staff,
  userId: string,
  { again = false } = {},
): Promise<'added' | 'already_operator'> {
  const { db } = identity.database
  const { id: agencyId } = await firstAgency(identity)
  const { rowCount } = await db.insert(agencyOperators).values({ agencyId, userId }).onConflictDoNothing()
  if (rowCount === 1) return 'added'
  if (!again) return 'already_operator'
  const renewed = await db
    .update(agencyOperators)
    .set({ endedAt: null, addedAt: new Date() })
    .where(
      and(
        eq(agencyOperators.agencyId, agencyId),
        eq(agencyOperators.userId, userId),
        isNotNull(agencyOperators.endedAt),
      ),
    )
  return renewed.rowCount === 1 ? 'added' : 'already_operator'
}

/** Who is an operator of which agency: its name, by the id of the person. */
export async function listOperators({ database }: Staff): Promise<Map<string, string>> {
  const rows = await database.db
    .select({ userId: agencyOperators.userId, name: agencies.name })
    .from(agencyOperators)
    .innerJoin(agencies, eq(agencies.id, agencyOperators.agencyId))
    .where(isNull(agencyOperators.endedAt))
  return new Map(rows.map(({ userId, name }) => [userId, name]))
}
