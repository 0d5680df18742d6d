import { gte, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { invitations } from '../../drizzle/schema/index.ts'

/** Invitations that leave a workspace within an hour, and of them those to one address. */
export const mostOfWorkspace = 60
export const mostToOne = 3

/** What has had enough: one address, or with `null` the workspace. */
export type Enough = { email: string | null; waitSeconds: number }

/**
 * Whether these addresses may be invited now. An invitation is a letter to whomever an admin names, so it must not become a way
 * to flood a mailbox. Asked while nobody else invites here, so that the count is exact. Undefined where they may be.
 */
export async function enoughInvitations(tx: Tx, emails: readonly string[]): Promise<Enough | undefined> {
  const sent = await tx
    .select({
      email: invitations.email,
      waitSeconds: sql<number>`ceil(extract(epoch from ${invitations.createdAt} + interval '1 hour' - clock_timestamp()))::int`,
    })
    .from(invitations)
    .where(gte(invitations.createdAt, sql`clock_timestamp() - interval '1 hour'`))
    .orderBy(invitations.createdAt)
  for (const email of emails) {
    const toThem = sent.filter((one) => one.email === email)
    const waitSeconds = waitFor(toThem, 1, mostToOne)
    if (waitSeconds > 0) return { email, waitSeconds }
  }
  const waitSeconds = waitFor(sent, emails.length, mostOfWorkspace)
  return waitSeconds > 0 ? { email: null, waitSeconds } : undefined
}

/** Seconds until so many more make no more than `most` within an hour; `sent` is in order of time. */
function waitFor(sent: readonly { waitSeconds: number }[], more: number, most: number): number {
  const tooMany = sent.length + more - most
  return tooMany > 0 ? Math.max(1, sent[tooMany - 1]?.waitSeconds ?? 0) : 0
}
