import { memberRoles, type MemberRole } from '../../drizzle/schema/access.ts'

/** What a person is in a workspace. An operator is staff of its agency and no member. */
export type Role = MemberRole | 'operator'
export const roles: readonly Role[] = [...memberRoles, 'operator']

const everybody = ['admin', 'manager', 'rep', 'analyst', 'viewer', 'operator'] as const

/** Who may do what: the one table. Whoever is in a role's place finds the pages and the API behave by it. */
const table = {
  see_own_security: { roles: everybody, words: 'See and change their own sign-in' },
  watch_sync: { roles: everybody, words: 'See how fresh the data is, and every sync run' },
  read_deals: {
    roles: ['admin', 'manager', 'rep', 'analyst', 'viewer'],
    words: 'Read leads, opportunities, notes and activities',
  },
  save_views: {
    roles: ['admin', 'manager', 'rep', 'analyst', 'viewer'],
    words: 'Save views of the lists for themselves',
  },
  share_views: { roles: ['admin', 'manager', 'rep', 'analyst'], words: 'Share views with the workspace' },
  complete_actions: { roles: ['admin', 'manager', 'rep'], words: 'Complete and set next actions' },
  export: { roles: ['admin', 'manager', 'analyst'], words: 'Export what they can read' },
  use_api: { roles: ['admin', 'manager', 'rep', 'analyst'], words: 'Make API keys that act for them' },
  run_sync: { roles: ['admin', 'manager', 'operator'], words: 'Ask for a sync run' },
  manage_connections: { roles: ['admin'], words: 'Connect a CRM, change its credentials, pause it' },
  manage_members: { roles: ['admin'], words: 'Invite people, change roles, remove people' },
  change_workspace: { roles: ['admin'], words: 'Change the settings of the workspace' },
  read_audit: { roles: ['admin'], words: 'Read the audit log' },
} as const satisfies Record<string, { roles: readonly Role[]; words: string }>

export type Deed = keyof typeof table
export const deeds = Object.keys(table) as Deed[]

/** Whether somebody in this role may do this. */
export function may(role: Role, deed: Deed): boolean {
  return (table[deed].roles as readonly Role[]).includes(role)
}

/** The deed as the documentation and the members page say it. */
export const wordsOf = (deed: Deed): string => table[deed].words
