import { countedWords } from '../format.ts'
import type { Counted } from '../queries/due-counts.ts'
import { readDueNow } from '../queries/due-now.ts'
import { dueScopeOf } from './due-page.ts'
import { isDatabaseAway } from './failures.ts'

/** How much waits in the queue that this person's page of due actions shows first; null where it cannot be counted, which keeps no page. */
export async function countDue({
  workspace,
  status,
  ownOwners,
  asTenant,
  log,
}: Pick<App.Locals, 'workspace' | 'status' | 'ownOwners' | 'asTenant' | 'log'>): Promise<Counted | null> {
  const scope = dueScopeOf(workspace, status)
  try {
    return await asTenant((tx) => readDueNow(tx, scope, ownOwners.length > 0 ? ownOwners : undefined))
  } catch (error) {
    if (isDatabaseAway(error)) throw error
    log.warn({ err: error }, 'due actions not counted')
    return null
  }
}

/** "14", "99+"; nothing where nothing waits, "?" where that is not known. */
export function waitingWords(due: Counted | null): string | undefined {
  if (due === null) return '?'
  return due.count === 0 ? undefined : countedWords(due)
}
