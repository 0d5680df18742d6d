import { readDueNow, readOwnOwners } from '../queries/due-now.ts'
import { dueScopeOf } from './due-page.ts'
import { countedWords } from './due-strip.ts'

/** How much waits in the queue that this person's page of due actions shows first: "14", "99+"; nothing where nothing does. */
export async function countDue({
  workspace,
  status,
  person,
  asTenant,
}: Pick<App.Locals, 'workspace' | 'status' | 'person' | 'asTenant'>): Promise<string | undefined> {
  const scope = dueScopeOf(workspace, status)
  const due = await asTenant(async (tx) => {
    const mine = await readOwnOwners(tx, person.email)
    return readDueNow(tx, scope, mine.length > 0 ? mine : undefined)
  })
  return due.count === 0 ? undefined : countedWords(due)
}
