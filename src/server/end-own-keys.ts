import { endKeys } from '../commands/end-keys.ts'
import { listAccess } from '../queries/access.ts'

/**
 * Ends every API key that acts for a person, in all their workspaces; gives how many. A key is worth nothing where its owner is
 * no member, so those of their memberships are all there are. `because` says in words what ended them.
 */
export async function endOwnKeys(
  { database, address, requestId }: Pick<App.Locals, 'database' | 'address' | 'requestId'>,
  { id, email }: { id: string; email: string },
  because: string,
): Promise<number> {
  const actor = { userId: id, name: email, road: 'session', address, requestId } as const
  let ended = 0
  for (const { workspace, role } of await listAccess(database, id)) {
    if (role === 'operator') continue
    ended += await database.asTenant(workspace.id, (tx) => endKeys(tx, actor, id, because))
  }
  return ended
}
