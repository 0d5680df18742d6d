import { hash, randomBytes } from 'node:crypto'
import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Tx } from '../../drizzle/db.ts'
import { invitations, memberRoles, memberships, users } from '../../drizzle/schema/index.ts'
import { fieldsOf } from './add-tenant.ts'
import { endInvitations } from './end-invitations.ts'
import { enoughInvitations, type Enough } from './invitation-limits.ts'
import { lockAsAdmin } from './lock-members.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export const invitationDays = 7
const mostAtOnce = 20

const address = z
  .string()
  .toLowerCase()
  .max(254)
  .check(z.email({ error: ({ input }) => `${String(input).slice(0, 60)} is no email address.` }))

/** What is asked of somebody who invites. Addresses stand between blanks, commas or semicolons. */
export const newInvitations = z.strictObject({
  emails: z
    .string()
    .transform((list) => [...new Set(list.split(/[\s,;]+/).filter((one) => one !== ''))])
    .pipe(
      z.array(address).min(1, 'Give at least one address.').max(mostAtOnce, `At most ${mostAtOnce} at once.`),
    ),
  role: z.enum(memberRoles, 'Choose a role.'),
})

export type Invited = { email: string; token: string }
export type InviteOutcome =
  /** `token` is nowhere stored: it goes into the link, to that address alone. */
  | { kind: 'invited'; invited: Invited[] }
  /** By the name of the field, what is wrong with it; nobody was invited. */
  | { kind: 'invalid'; fields: Record<string, string> }
  /** Whoever asks looks after the members no more. */
  | { kind: 'not_allowed' }
  /** Enough have gone out within the hour; nobody was invited. */
  | ({ kind: 'enough' } & Enough)

/** Invites people to join this workspace. Whoever is invited again gets a new link, and the old one ends. */
export async function inviteMembers(
  tx: Tx,
  by: Actor,
  inviter: string,
  given: unknown,
): Promise<InviteOutcome> {
  const parsed = newInvitations.safeParse(given)
  if (!parsed.success) return { kind: 'invalid', fields: firstOf(fieldsOf(parsed.error)) }
  const { emails, role } = parsed.data
  if (!(await lockAsAdmin(tx, by))) return { kind: 'not_allowed' }
  const members = await tx
    .select({ email: users.email })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(inArray(users.email, emails), isNull(memberships.endedAt)))
  if (members.length > 0) {
    const named = members.map(({ email }) => email).join(', ')
    return { kind: 'invalid', fields: { emails: `Already a member: ${named}.` } }
  }
  const enough = await enoughInvitations(tx, emails)
  if (enough !== undefined) return { kind: 'enough', ...enough }
  await endInvitations(tx, by, inArray(invitations.email, emails), 'invited again')
  const invited: Invited[] = []
  for (const email of emails.toSorted()) {
    const token = randomBytes(32).toString('base64url')
    await tx.insert(invitations).values({
      tenantId: sql`app.tenant_id()`,
      id: sql`app.uuid_v7()`,
      email,
      role,
      tokenHash: linkHash(token),
      invitedBy: by.userId,
      inviter,
      expiresAt: sql`clock_timestamp() + make_interval(days => ${invitationDays})`,
    })
    await recordDeed(tx, by, { deed: 'member_invited', target: email, after: { role } })
    invited.push({ email, token })
  }
  return { kind: 'invited', invited }
}

/** What is stored of the link of an invitation. */
export function linkHash(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

/** One sentence for all addresses. */
function firstOf(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, words]) => [name.split('.')[0], words]))
}
