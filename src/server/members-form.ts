import { z } from 'zod'
import { memberRoles } from '../../drizzle/schema/access.ts'
import { changeRole } from '../commands/change-role.ts'
import { demandSecondFactor } from '../commands/demand-second-factor.ts'
import { mostOfWorkspace, mostToOne, type Enough } from '../commands/invitation-limits.ts'
import { inviteMembers } from '../commands/invite-member.ts'
import { removeMember } from '../commands/remove-member.ts'
import { revokeInvitation } from '../commands/revoke-invitation.ts'
import { noteEvent } from '../identity/events.ts'
import { endSessions } from '../identity/people.ts'
import { renewSessions } from '../identity/renew-token.ts'
import { listAccess } from '../queries/access.ts'
import { duration } from '../format.ts'
import { mailInvitations } from './invitation-mail.ts'

type Fields = Partial<Record<string, string>>

/** What came of a form of the members page: done, with the word under which the page says so, or not. */
export type MembersAnswer = { kind: 'done'; word: keyof typeof membersDone } | Refused
type Refused = {
  kind: 'refused'
  status: 400 | 403 | 409 | 429
  words: string
  fields: Record<string, string>
  /** Until it may be asked for again. */
  waitSeconds?: number
}

/** Said once, after the page has been loaded anew. */
export const membersDone = {
  invited: 'The invitation is on its way. Its link works once, for seven days.',
  logged: 'The invitation is made. No mail is set up here, so the link stands in the log of the server.',
  unmailed: 'The invitation is made, but its mail could not be handed over. Invite again to send a new link.',
  withdrawn: 'The invitation is withdrawn. Its link is worth nothing any more.',
  enough:
    'The invitation is made, and not mailed to an address that was sent enough invitations within the hour. Invite again later to send a new link.',
  role: 'The role is changed. It holds from their next request on.',
  removed: 'They are no member any more. Their API keys for this workspace have ended.',
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
      return demand(locals, given['deed'] === 'demand')
    default:
      return refused(400, 'The form was incomplete. Try again.')
  }
}

async function invite(locals: App.Locals, { emails = '', role }: Fields): Promise<MembersAnswer> {
  const { asTenant, actor, person, config } = locals
  const outcome = await asTenant((tx) => inviteMembers(tx, actor, person.name, { emails, role }))
  if (outcome.kind === 'invalid') return refused(400, 'Nobody was invited.', outcome.fields)
  if (outcome.kind === 'enough') return tooMany(outcome)
  if (outcome.kind === 'not_allowed') return refusalOf(outcome.kind, locals)
  const sent = await mailInvitations(locals, outcome.invited)
  if (sent !== 'sent') return { kind: 'done', word: sent }
  return { kind: 'done', word: config.SMTP_URL === undefined ? 'logged' : 'invited' }
}

function tooMany({ email, waitSeconds }: Enough): Refused {
  const wait = duration(waitSeconds * 1_000)
  const words =
    email === null
      ? `This workspace sends ${mostOfWorkspace} invitations an hour at most. Nobody was invited; wait ${wait}.`
      : `${email} was invited ${mostToOne} times within the hour, and the last link is good. Nobody was invited; wait ${wait}.`
  return { kind: 'refused', status: 429, words, fields: {}, waitSeconds }
}

async function withdraw(locals: App.Locals, { invitation }: Fields): Promise<MembersAnswer> {
  const id = z.uuid().safeParse(invitation).data
  const outcome = id && (await locals.asTenant((tx) => revokeInvitation(tx, locals.actor, id)))
  if (outcome && outcome.kind === 'revoked') return { kind: 'done', word: 'withdrawn' }
  if (outcome && outcome.kind === 'not_allowed') return refusalOf(outcome.kind, locals)
  return refused(409, 'That invitation was accepted or withdrawn meanwhile.')
}

async function giveRole(locals: App.Locals, { member, role }: Fields): Promise<MembersAnswer> {
  const asked = z.object({ member: z.uuid(), role: z.enum(memberRoles) }).safeParse({ member, role }).data
  if (asked === undefined) return refused(400, 'The form was incomplete. Try again.')
  const outcome = await locals.asTenant((tx) => changeRole(tx, locals.actor, asked.member, asked.role))
  if (outcome.kind === 'changed') await renewSessions(locals.identity.database, asked.member)
  if (outcome.kind === 'changed' || outcome.kind === 'unchanged') return { kind: 'done', word: 'role' }
  return refusalOf(outcome.kind, locals)
}

async function remove(locals: App.Locals, { member }: Fields): Promise<MembersAnswer> {
  const id = z.uuid().safeParse(member).data
  if (id === undefined) return refused(400, 'The form was incomplete. Try again.')
  const outcome = await locals.asTenant((tx) => removeMember(tx, locals.actor, id))
  if (outcome.kind !== 'removed') return refusalOf(outcome.kind, locals)
  await renewOrEnd(locals, id)
  return { kind: 'done', word: 'removed' }
}

async function demand(locals: App.Locals, isDemanded: boolean): Promise<MembersAnswer> {
  const outcome = await locals.asTenant((tx) => demandSecondFactor(tx, locals.actor, isDemanded))
  if (outcome.kind === 'not_allowed') return refusalOf(outcome.kind, locals)
  return { kind: 'done', word: isDemanded ? 'demanded' : 'relented' }
}

/**
 * What somebody may do is looked up with every request, so nothing is lost should this fail. Their sessions go on where they
 * belong elsewhere, with new tokens: an admin here signs nobody out of a workspace that is not theirs. Whoever belongs nowhere
 * any more is signed out.
 */
async function renewOrEnd(locals: App.Locals, userId: string): Promise<void> {
  const { identity, database, actor } = locals
  const [elsewhere] = await listAccess(database, userId, 1)
  if (elsewhere !== undefined) return renewSessions(identity.database, userId)
  await endSessions(identity, userId)
  await noteEvent(identity.database, userId, 'sessions_ended', locals, { by: actor.name })
}

function refusalOf(why: 'last_admin' | 'not_allowed' | 'not_found', { workspace }: App.Locals): Refused {
  if (why === 'last_admin')
    return refused(409, `${workspace.name} needs an admin. Make somebody else admin first.`)
  if (why === 'not_allowed') return refused(403, 'You are no admin of this workspace any more.')
  return refused(409, 'They are no member any more.')
}

function refused(status: 400 | 403 | 409, words: string, fields: Record<string, string> = {}): Refused {
  return { kind: 'refused', status, words, fields }
}
