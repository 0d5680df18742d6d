import type { Counted } from '../queries/due-counts.ts'
import { readDueNow, readOwnOwners } from '../queries/due-now.ts'
import { dueScopeOf } from './due-page.ts'
import { countedWords } from './due-strip.ts'

/** How much waits in the queue that this person's page of due actions shows first. */
export async function countDue({
  workspace,
  status,
  person,
  asTenant,
}: Pick<App.Locals, 'workspace' | 'status' | 'person' | 'asTenant'>): Promise<Counted> {
  const scope = dueScopeOf(workspace, status)
  return asTenant(async (tx) => {
    const mine = await readOwnOwners(tx, person.email)
    return readDueNow(tx, scope, mine.length > 0 ? mine : undefined)
  })
}

/** "14", "99+"; nothing where nothing waits. */
export const waitingWords = (due: Counted): string | undefined =>
  due.count === 0 ? undefined : countedWords(due)
