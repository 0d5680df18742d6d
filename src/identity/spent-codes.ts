import { hash } from 'node:crypto'
import { and, eq, lt } from 'drizzle-orm'
import type { IdentityDatabase } from '../../drizzle/identity.ts'
import { spentCodes } from '../../drizzle/schema/identity.ts'

/** Longer than any code lives, with a clock that is off on either side. */
export const rememberedMs = 10 * 60_000

/**
 * Spends a code of a person: true the first time, false ever after, however many ask at once. The library itself takes a code
 * as often as it is shown within its half minute.
 */
export async function spendCode(
  { db }: Pick<IdentityDatabase, 'db'>,
  userId: string,
  code: string,
): Promise<boolean> {
  const codeHash = Buffer.from(hash('sha256', `${userId} ${code}`, 'hex'), 'hex')
  await db
    .delete(spentCodes)
    .where(and(eq(spentCodes.userId, userId), lt(spentCodes.spentAt, new Date(Date.now() - rememberedMs))))
  const { rowCount } = await db.insert(spentCodes).values({ userId, codeHash }).onConflictDoNothing()
  return rowCount === 1
}
