import type { SimulatedAccount } from './account.ts'

/** The methods of an account that another process may call. */
const hooks = new Set([
  'addPerson',
  'editPerson',
  'removePerson',
  'mergePeople',
  'addDeal',
  'editDeal',
  'removeDeal',
  'restoreDeal',
  'purgePerson',
  'archiveDeal',
  'addNote',
  'removeNote',
  'addActivity',
  'editActivity',
  'removeActivity',
  'rotateToken',
  'setAccessToken',
  'endAccess',
  'revokeAccess',
  'sendWebhooks',
])

/** Calls an edit hook by name with JSON arguments, checked only by the hook itself. */
export function callHook(account: SimulatedAccount, hook: string, given: unknown[]): unknown {
  if (!hooks.has(hook)) throw new Error(`no hook ${hook}`)
  const method = account[hook as 'addPerson'] as (...values: unknown[]) => unknown
  return method.apply(account, given)
}
