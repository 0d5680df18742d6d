import type { Invited } from '../commands/invite-member.ts'

type Locals = Pick<App.Locals, 'identity' | 'workspace' | 'person'>

/** Sends everybody the link that is theirs. False when one of the mails could not be handed over; the log says which. */
export async function mailInvitations(
  { identity, workspace, person }: Locals,
  invited: readonly Invited[],
): Promise<boolean> {
  const sent = await Promise.allSettled(
    invited.map(({ email, token }) =>
      identity.mail.send({
        to: email,
        subject: `You are invited to ${workspace.name} in Tidemark`,
        text: `${person.name} (${person.email}) invites you to the workspace ${workspace.name}. The link works once, for seven days, and for you alone. If you expected no invitation, there is nothing to do.`,
        link: `${identity.publicUrl}/invite/${token}`,
      }),
    ),
  )
  return sent.every(({ status }) => status === 'fulfilled')
}
