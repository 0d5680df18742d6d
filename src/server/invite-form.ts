import { z } from 'zod'
import { acceptInvitation } from '../commands/accept-invitation.ts'
import { linkHash } from '../commands/invite-member.ts'
import type { Actor } from '../commands/record-deed.ts'
import { noteEvent } from '../identity/events.ts'
import { guessableWords, isGuessable } from '../identity/guessable.ts'
import { longestPassword, shortestPassword } from '../identity/password-length.ts'
import { addPerson, findPerson, type Person } from '../identity/people.ts'
import { signIn } from '../identity/sign-in.ts'
import type { Invitation } from '../queries/invitations.ts'

type Fields = Partial<Record<string, string>>

/** What came of the form of an invitation. */
export type InviteAnswer =
  /** They are a member, and signed in where that was possible. */
  | { kind: 'in'; location: string }
  /** They are known now, and may sign in at this provider. */
  | { kind: 'known' }
  /** The invitation is not open any more. */
  | { kind: 'gone' }
  | { kind: 'refused'; status: 400 | 403 | 409; words: string; fields: Record<string, string> }

const newcomer = z.object({
  name: z
    .string()
    .trim()
    .min(1, 'Say what you are called.')
    .max(100, 'At most 100 characters.')
    .regex(/^\P{Cc}*$/u, 'No control characters.'),
  password: z
    .string()
    .min(shortestPassword, `At least ${shortestPassword} characters.`)
    .max(longestPassword, `At most ${longestPassword} characters.`),
})

/** Lets somebody accept an open invitation: as who they are, or as a person who has not been known before. */
export async function answerInviteForm(
  locals: App.Locals,
  { invitation, token, headers }: { invitation: Invitation; token: string; headers: Headers },
  given: Fields,
): Promise<InviteAnswer> {
  const person = locals.asker?.road === 'session' ? locals.asker.person : undefined
  if (person !== undefined) {
    if (person.email === invitation.email) return join(locals, invitation, token, person)
    return refused(
      403,
      `You are signed in as ${person.email}, and this invitation is for ${invitation.email}.`,
    )
  }
  const isNew = given['deed'] === 'new'
  const isWith = locals.identity.providers.some(({ id }) => id === given['provider'])
  if (!isNew && !isWith) return refused(403, `Sign in as ${invitation.email} first.`)
  if (!isNew) return makeKnown(locals, invitation)
  const parsed = newcomer.safeParse(given)
  if (!parsed.success) {
    const fields = z.flattenError(parsed.error).fieldErrors
    const words = Object.entries(fields).map(([name, [first = '']]) => [name, first])
    return refused(400, 'You have not joined yet.', Object.fromEntries(words) as Record<string, string>)
  }
  const { name, password } = parsed.data
  if (await isGuessable(password, [name, invitation.email, invitation.workspace]))
    return refused(400, 'You have not joined yet.', { password: guessableWords })
  const made = await addNewcomer(locals, { name, email: invitation.email, password })
  if (made === undefined) return alreadyKnown(invitation)
  const answer = await join(locals, invitation, token, made)
  if (answer.kind !== 'in') return answer
  const outcome = await signIn(locals.identity, { email: made.email, password, headers }, locals)
  if (outcome.kind !== 'signed_in')
    return { kind: 'in', location: `/sign-in?next=${encodeURIComponent(answer.location)}` }
  locals.setCookies.push(...outcome.cookies)
  return answer
}

/** Role and workspace are those of the row; nothing of the form can change them. */
async function join(
  { database, address, requestId }: App.Locals,
  { tenantId, slug }: Invitation,
  token: string,
  { id, email }: Person,
): Promise<InviteAnswer> {
  const actor: Actor & { userId: string } = { userId: id, name: email, road: 'session', address, requestId }
  const outcome = await database.asTenant(tenantId, (tx) => acceptInvitation(tx, actor, linkHash(token)))
  return outcome.kind === 'refused' ? { kind: 'gone' } : { kind: 'in', location: `/w/${slug}` }
}

/** Whoever comes in by a provider has no password, and is called by their address until somebody knows better. */
async function makeKnown(locals: App.Locals, invitation: Invitation): Promise<InviteAnswer> {
  const { email } = invitation
  const made = await addNewcomer(locals, { name: email.split('@')[0] ?? email, email })
  return made === undefined ? alreadyKnown(invitation) : { kind: 'known' }
}

/** Undefined when the address is known already, also when it became so in this very moment. */
async function addNewcomer(
  locals: App.Locals,
  newcomer: { name: string; email: string; password?: string },
): Promise<Person | undefined> {
  const { identity } = locals
  if ((await findPerson(identity, newcomer.email)) !== undefined) return undefined
  try {
    const person = await addPerson(identity, newcomer)
    await noteEvent(identity.database, person.id, 'user_added', locals, { by: 'invitation' })
    return person
  } catch (error) {
    if ((await findPerson(identity, newcomer.email)) !== undefined) return undefined
    throw error
  }
}

function alreadyKnown({ email }: Invitation): InviteAnswer {
  return refused(409, `${email} is known here. Sign in, then join.`)
}

function refused(status: 400 | 403 | 409, words: string, fields: Record<string, string> = {}): InviteAnswer {
  return { kind: 'refused', status, words, fields }
}
