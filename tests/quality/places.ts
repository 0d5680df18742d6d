import type { Demo } from './demo.ts'

/** A page whose quality is measured. */
export type Place = { name: string; path: string; isPublic: boolean }

/** The pages that people spend their days on, and the door. */
export function measuredPlaces({ home }: Pick<Demo, 'home'>): Place[] {
  const data = ['overview', 'leads', 'pipeline', 'hot-list', 'notes', 'schedule']
  return [
    { name: 'sign-in', path: '/sign-in', isPublic: true },
    ...data.map((name) => ({ name, path: `${home}/${name}`, isPublic: false })),
  ]
}

/** What pictures are taken of. */
export function picturedPlaces(demo: Pick<Demo, 'home'>): Place[] {
  const further = ['sync', 'sync/runs', 'settings/security', 'settings/members', 'settings/connections']
  return [
    ...measuredPlaces(demo),
    { name: 'workspaces', path: '/w', isPublic: false },
    ...further.map((path) => ({
      name: path.replace('/', '-'),
      path: `${demo.home}/${path}`,
      isPublic: false,
    })),
    { name: 'not-found', path: '/w/nobody', isPublic: false },
  ]
}
