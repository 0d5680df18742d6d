import { ask, type Demo } from './demo.ts'

/** A page whose quality is measured; `status` is what it answers with, 200 where none is named. */
export type Place = { name: string; path: string; isPublic: boolean; status?: number }

/** Where a page is found: at an address, behind the first link of its kind on another page, or nowhere, and why. */
type Where =
  | { path: string; isPublic?: true; status?: number }
  | { from: string; link: RegExp; onward?: string }
  | { why: string }

const ofWorkspace = (path: string): Where => ({ path: `~/${path}` })
const id = '[0-9a-f-]{36}'

/** Every page of `src/pages`, by its file. `~` stands for the client with the most records. */
export const pages: Readonly<Record<string, Where>> = {
  'sign-in/index': { path: '/sign-in', isPublic: true },
  forgot: { path: '/forgot', isPublic: true },
  'w/index': { path: '/w' },
  'w/[workspace]/overview': ofWorkspace('overview'),
  'w/[workspace]/due/index': ofWorkspace('due'),
  'w/[workspace]/due/[opportunity]/complete': { from: '~/due', link: new RegExp(`/due/${id}/complete`) },
  'w/[workspace]/due/[opportunity]/move': { from: '~/due', link: new RegExp(`/due/${id}/move`) },
  'w/[workspace]/leads': ofWorkspace('leads'),
  'w/[workspace]/pipeline': ofWorkspace('pipeline'),
  'w/[workspace]/pipeline/[opportunity]': { from: '~/pipeline', link: new RegExp(`/pipeline/${id}`) },
  'w/[workspace]/hot-list': ofWorkspace('hot-list'),
  'w/[workspace]/notes': ofWorkspace('notes'),
  'w/[workspace]/schedule': ofWorkspace('schedule'),
  'w/[workspace]/sync/index': ofWorkspace('sync'),
  'w/[workspace]/sync/runs/index': ofWorkspace('sync/runs'),
  'w/[workspace]/sync/runs/[id]': { from: '~/sync/runs', link: new RegExp(`/sync/runs/${id}`) },
  'w/[workspace]/settings/security': ofWorkspace('settings/security'),
  'w/[workspace]/settings/keys': ofWorkspace('settings/keys'),
  'w/[workspace]/settings/members': ofWorkspace('settings/members'),
  'w/[workspace]/settings/connections/index': ofWorkspace('settings/connections'),
  'w/[workspace]/settings/connections/new': ofWorkspace('settings/connections/new'),
  'w/[workspace]/settings/connections/[id]': {
    from: '~/settings/connections',
    link: new RegExp(`/settings/connections/${id}`),
  },
  'w/[workspace]/settings/connections/[id]/fields': {
    from: '~/settings/connections',
    link: new RegExp(`/settings/connections/${id}`),
    onward: '/fields',
  },
  'w/[workspace]/settings/write-back': ofWorkspace('settings/write-back'),
  'w/[workspace]/settings/targets': ofWorkspace('settings/targets'),
  'w/[workspace]/settings/numbers': ofWorkspace('settings/numbers'),
  'w/[workspace]/settings/audit': ofWorkspace('settings/audit'),
  '404': { path: '/w/nobody', status: 404 },
  index: { why: 'leads on' },
  'w/[workspace]/index': { why: 'leads on' },
  'sign-in/code': { why: 'is there between a password and its code' },
  'w/[workspace]/settings/connections/[id]/consent': { why: 'is there on the way to a CRM' },
  'sign-in/with': { why: 'is there on the way to a provider' },
  reset: { why: 'is there for who holds a letter' },
  'invite/[token]': { why: 'is there for who holds a letter' },
  '403': { why: 'has the frame of 404' },
  '409': { why: 'has the frame of 404' },
  '429': { why: 'has the frame of 404' },
  '500': { why: 'has the frame of 404' },
  '503': { why: 'has the frame of 404' },
}

/** Other faces of those pages. */
const faces = { 'pipeline-table': '~/pipeline?view=table', 'due-unplanned': '~/due?view=unplanned' }

/** Every page that somebody can be led to in the demo, in the order of the list above. */
export async function measuredPlaces(demo: Demo): Promise<Place[]> {
  const places: Place[] = []
  for (const [file, where] of Object.entries(pages)) {
    if ('why' in where) continue
    const { path, ...rest } = 'path' in where ? where : { path: await linkOn(demo, where) }
    places.push({ name: nameOf(file), isPublic: false, ...rest, path: path.replace('~', demo.home) })
  }
  for (const [name, path] of Object.entries(faces))
    places.push({ name, path: path.replace('~', demo.home), isPublic: false })
  return places
}

/** `w/[workspace]/due/[opportunity]/move` is `due-move`, `w/[workspace]/pipeline/[opportunity]` is `pipeline-one`, `404` is itself. */
function nameOf(file: string): string {
  const parts = file.replace(/\/\[id\]|\/\[opportunity\]$/, '/one').split('/')
  const spoken = parts.filter((part) => !['index', 'w', '[workspace]', '[opportunity]'].includes(part))
  return spoken.join('-') || 'workspaces'
}

async function linkOn(
  demo: Demo,
  { from, link, onward = '' }: { from: string; link: RegExp; onward?: string },
): Promise<string> {
  const answer = await ask(demo, { path: from.replace('~', demo.home), isPublic: false })
  const [path] = link.exec(await answer.text()) ?? []
  if (path === undefined) throw new Error(`no link like ${String(link)} stands on ${from}`)
  return `~${path}${onward}`
}
