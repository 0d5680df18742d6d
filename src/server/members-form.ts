import { z } from 'zod'
import { memberRoles } from '../../drizzle/schema/access.ts'
import { changeRole } from '../commands/change-role.ts'
import { demandSecondFactor } from '../commands/demand-second-factor.ts'
import { inviteMembers } from '../commands/invite-member.ts'
import { removeMember } from '../commands/remove-member.ts'
import { revokeInvitation } from '../commands/revoke-invitation.ts'
import { noteEvent } from '../identity/events.ts'
import { endSessions } from '../identity/people.ts'
import { mailInvitations } from './invitation-mail.ts'

type Fields = Partial<Record<string, string>>

/** What came of a form of the members page: done, with the word under which the page says so, or not. */
export type MembersAnswer =
  | { kind: 'done'; word: keyof typeof membersDone }
  | { kind: 'refused'; status: 400 | 403 | 409; words: string; fields: Record<string, string> }

/** Said once, after the page has been loaded anew. */
export const membersDone = {
  invited: 'The invitation is on its way. Its link works once, for seven days.',
  logged: 'The invitation is made. No mail is set up here, so the link stands in the log of the server.',
  unmailed: 'The invitation is made, but its mail could not be handed over. Invite again to send a new link.',
  withdrawn: 'The invitation is withdrawn. Its link is worth nothing any more.',
  role: 'The role is changed. It holds from their next request on; they have to sign in again.',
  removed: 'They are no member any more. Their sessions and API keys have ended.',
  demanded: 'A second factor is demanded. Whoever has none is led to set one up.',
  relented: 'A second factor is not demanded any more.',
} as const

/** Does what a form of the members page asks for. */
export async function answerMembersForm(locals: App.Locals, given: Fields): Promise<MembersAnswer> {
  switch (given['deed']) {
    case 'invite':
      return invite(locals, given)
    case 'withdraw':
      return withdraw(locals, given)
    case 'role':
      return giveRole(locals, given)
    case 'remove':
      return remove(locals, given)
    case 'demand':
    case 'relent':
      await locals.asTenant((tx) => demandSecondFactor(tx, locals.actor, given['deed'] === 'demand'))
      return { kind: 'done', word: given['deed'] === 'demand' ? 'demanded' : 'relented' }
    default:
      return refused(400, 'The form was incomplete. Try again.')
  }
}

async function invite(locals: App.Locals, { emails = '', role }: Fields): Promise<MembersAnswer> {
  const { asTenant, actor, person, config } = locals
  const outcome = await asTenant((tx) => inviteMembers(tx, actor, person.name, { emails, role }))
  if (outcome.kind === 'invalid') return refused(400, 'Nobody was invited.', outcome.fields)
  const allSent = await mailInvitations(locals, outcome.invited)
  if (!allSent) return { kind: 'done', word: 'unmailed' }
  return { kind: 'done', word: config.SMTP_URL === undefined ? 'logged' : 'invited' }
}

async function withdraw({ asTenant, actor }: App.Locals, { invitation }: Fields): Promise<MembersAnswer> {
  const id = z.uuid().safeParse(invitation).data
  const outcome = id && (await asTenant((tx) => revokeInvitation(tx, actor, id)))
  return outcome && outcome.kind === 'revoked'
    ? { kind: 'done', word: 'withdrawn' }
    : refused(409, 'That invitation was accepted or withdrawn meanwhile.')
}

async function giveRole(locals: App.Locals, { member, role }: Fields): Promise<MembersAnswer> {
  const asked = z.object({ member: z.uuid(), role: z.enum(memberRoles) }).safeParse({ member, role }).data
  if (asked === undefined) return refused(400, 'The form was incomplete. Try again.')
  const outcome = await locals.asTenant((tx) => changeRole(tx, locals.actor, asked.member, asked.role))
  if (outcome.kind === 'changed') await signOut(locals, asked.member)
  if (outcome.kind === 'changed' || outcome.kind === 'unchanged') return { kind: 'done', word: 'role' }
  return refusalOf(outcome.kind, locals)
}

async function remove(locals: App.Locals, { member }: Fields): Promise<MembersAnswer> {
  const id = z.uuid().safeParse(member).data
  if (id === undefined) return refused(400, 'The form was incomplete. Try again.')
  const outcome = await locals.asTenant((tx) => removeMember(tx, locals.actor, id))
  if (outcome.kind !== 'removed') return refusalOf(outcome.kind, locals)
  await signOut(locals, id)
  return { kind: 'done', word: 'removed' }
}

/** Once it is certain: what somebody may do is looked up with every request, so nothing is lost should this fail. */
async function signOut(locals: App.Locals, userId: string): Promise<void> {
  await endSessions(locals.identity, userId)
  await noteEvent(locals.identity.database, userId, 'sessions_ended', locals, { by: locals.actor.name })
}

function refusalOf(why: 'last_admin' | 'not_allowed' | 'not_found', { workspace }: App.Locals) {
  if (why === 'last_admin')
    return refused(409, `${workspace.name} needs an admin. Make somebody else admin first.`)
  if (why === 'not_allowed') return refused(403, 'You are no admin of this workspace any more.')
  return refused(409, 'They are no member any more.')
}

function refused(status: 400 | 403 | 409, words: string, fields: Record<string, string> = {}): MembersAnswer {
  return { kind: 'refused', status, words, fields }
}
