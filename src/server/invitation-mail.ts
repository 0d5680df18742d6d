import type { Invited } from '../commands/invite-member.ts'

type Locals = Pick<App.Locals, 'identity' | 'workspace' | 'person'>

/**
 * Sends everybody the link that is theirs. `unmailed` when one of the mails could not be handed over (the log says which),
 * `enough` when an address has been sent the invitations that one address gets within an hour, from whatever workspaces.
 */
export async function mailInvitations(
  { identity, workspace, person }: Locals,
  invited: readonly Invited[],
): Promise<'sent' | 'unmailed' | 'enough'> {
  const mail = async ({ email, token }: Invited) => {
    if (await identity.letterLimits.isEnoughInvited(email)) return 'enough'
    await identity.mail.send({
      to: email,
      subject: `You are invited to ${workspace.name} in Tidemark`,
      text: `${person.name} (${person.email}) invites you to the workspace ${workspace.name}. The link works once, for seven days, and for you alone. If you expected no invitation, there is nothing to do.`,
      link: `${identity.publicUrl}/invite/${token}`,
    })
    return 'sent'
  }
  const outcomes = await Promise.allSettled(invited.map(mail))
  if (outcomes.some(({ status }) => status === 'rejected')) return 'unmailed'
  return outcomes.some((one) => one.status === 'fulfilled' && one.value === 'enough') ? 'enough' : 'sent'
}
