import { may, type Deed, type Role } from './access.ts'

/** A page of the settings. */
export type SettingsPlace = { name: string; word: string; href: string }

const places: readonly { name: string; word: string; deed: Deed }[] = [
  { name: 'security', word: 'Your sign-in', deed: 'see_own_security' },
  { name: 'keys', word: 'API keys', deed: 'use_api' },
  { name: 'members', word: 'Members', deed: 'manage_members' },
  { name: 'connections', word: 'Connections', deed: 'manage_connections' },
  { name: 'targets', word: 'Targets', deed: 'change_workspace' },
  { name: 'numbers', word: 'Numbers', deed: 'change_workspace' },
  { name: 'write-back', word: 'Writing to the CRM', deed: 'change_workspace' },
  { name: 'audit', word: 'Audit log', deed: 'read_audit' },
]

/** The settings that somebody in this role may open, in order. */
export function settingsPlaces(slug: string, role: Role): SettingsPlace[] {
  return places
    .filter(({ deed }) => may(role, deed))
    .map(({ name, word }) => ({ name, word, href: `/w/${slug}/settings/${name}` }))
}
