import { may, type Deed, type Role } from './access.ts'

/** The pages of a workspace, in the order of its navigation. */
const places = [
  { name: 'overview', word: 'Overview', path: 'overview', deed: 'read_deals' },
  { name: 'leads', word: 'Leads', path: 'leads', deed: 'read_deals' },
  { name: 'pipeline', word: 'Pipeline', path: 'pipeline', deed: 'read_deals' },
  { name: 'hot-list', word: 'Hot list', path: 'hot-list', deed: 'read_deals' },
  { name: 'notes', word: 'Notes', path: 'notes', deed: 'read_deals' },
  { name: 'schedule', word: 'Schedule', path: 'schedule', deed: 'read_deals' },
  { name: 'sync', word: 'Sync', path: 'sync', deed: 'watch_sync' },
  { name: 'runs', word: 'Sync runs', path: 'sync/runs', deed: 'watch_sync' },
  { name: 'settings', word: 'Settings', path: 'settings/security', deed: 'see_own_security' },
] as const satisfies readonly { name: string; word: string; path: string; deed: Deed }[]

export type WorkspacePlace = (typeof places)[number]['name']

/** Those that somebody in this role may open. `home` is `/w/{slug}`. */
export function workspacePlaces(
  home: string,
  role: Role,
): { name: WorkspacePlace; word: string; href: string }[] {
  return places
    .filter(({ deed }) => may(role, deed))
    .map(({ name, word, path }) => ({ name, word, href: `${home}/${path}` }))
}
