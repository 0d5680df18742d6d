import type { Counted } from '../queries/due-counts.ts'
import { readDueNow } from '../queries/due-now.ts'
import { dueScopeOf } from './due-page.ts'
import { countedWords } from './due-strip.ts'

/** How much waits in the queue that this person's page of due actions shows first. */
export async function countDue({
  workspace,
  status,
  ownOwners,
  asTenant,
}: Pick<App.Locals, 'workspace' | 'status' | 'ownOwners' | 'asTenant'>): Promise<Counted> {
  const scope = dueScopeOf(workspace, status)
  return asTenant((tx) => readDueNow(tx, scope, ownOwners.length > 0 ? ownOwners : undefined))
}

/** "14", "99+"; nothing where nothing waits. */
export const waitingWords = (due: Counted): string | undefined =>
  due.count === 0 ? undefined : countedWords(due)
