import type { IconName } from '../components/icons.ts'
import { may, type Deed, type Role } from './access.ts'

type Listed = { word: string; short?: string; path: string; deed: Deed; icon: IconName; key: string }

/** The pages of a workspace by group, in the order of its navigation. `key` is pressed after G; `short` is for where there is little room. */
const groups = {
  Work: {
    due: {
      word: 'Due actions',
      short: 'Due',
      path: 'due',
      deed: 'read_deals',
      icon: 'circle-check',
      key: 'd',
    },
    schedule: { word: 'Schedule', path: 'schedule', deed: 'read_deals', icon: 'calendar', key: 's' },
    notes: { word: 'Notes', path: 'notes', deed: 'read_deals', icon: 'note', key: 'n' },
  },
  Pipeline: {
    overview: { word: 'Overview', path: 'overview', deed: 'read_deals', icon: 'dashboard', key: 'o' },
    leads: { word: 'Leads', path: 'leads', deed: 'read_deals', icon: 'inbox', key: 'l' },
    pipeline: { word: 'Pipeline', path: 'pipeline', deed: 'read_deals', icon: 'kanban', key: 'p' },
    'hot-list': { word: 'Hot list', path: 'hot-list', deed: 'read_deals', icon: 'flame', key: 'h' },
  },
  Operate: {
    sync: { word: 'Sync', path: 'sync', deed: 'watch_sync', icon: 'refresh', key: 'y' },
    runs: { word: 'Sync runs', path: 'sync/runs', deed: 'watch_sync', icon: 'history', key: 'r' },
    settings: {
      word: 'Settings',
      path: 'settings/security',
      deed: 'see_own_security',
      icon: 'settings',
      key: 'e',
    },
  },
} as const satisfies Record<string, Record<string, Listed>>

type Groups = typeof groups
export type WorkspacePlace = { [G in keyof Groups]: keyof Groups[G] }[keyof Groups]

export type Place = Required<Pick<Listed, 'word' | 'short' | 'icon' | 'key'>> & {
  name: WorkspacePlace
  href: string
}

/** Those that somebody in this role may open, in groups that hold at least one. `home` is `/w/{slug}`. */
export function workspacePlaces(home: string, role: Role): { group: string; places: Place[] }[] {
  return Object.entries(groups)
    .map(([group, listed]) => ({ group, places: placesOf(listed, home, role) }))
    .filter(({ places }) => places.length > 0)
}

function placesOf(listed: Record<string, Listed>, home: string, role: Role): Place[] {
  return Object.entries(listed)
    .filter(([, { deed }]) => may(role, deed))
    .map(([name, { word, short = word, path, icon, key }]) => ({
      name: name as WorkspacePlace,
      word,
      short,
      icon,
      key,
      href: `${home}/${path}`,
    }))
}

/** The four pages that a phone keeps in reach of the thumb. */
const inReach: readonly WorkspacePlace[] = ['due', 'pipeline', 'hot-list', 'schedule']

/** What stands in the bar at the foot of a phone, besides the way to everything else. */
export function placesInReach(places: readonly Place[]): Place[] {
  const found = inReach.flatMap((name) => places.find((place) => place.name === name) ?? [])
  return found.length > 0 ? found : places.slice(0, 4)
}
