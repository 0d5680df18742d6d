import type { ConnectionNow, Freshness } from './freshness.ts'

/** The tabs over the list of workspaces, with the words that say which. */
export const workspaceViews = {
  all: 'All',
  attention: 'Needs attention',
  mine: 'Mine',
  stale: 'Stale',
} as const
export type WorkspaceView = keyof typeof workspaceViews

/** What is in the address names a tab, or all of them are shown. */
export function viewNamed(name: string | null): WorkspaceView {
  return name !== null && Object.hasOwn(workspaceViews, name) ? (name as WorkspaceView) : 'all'
}

export type Judged = {
  name: string
  slug: string
  role: string
  freshness: Freshness
  failing: number
}

/** The connections that a person must do something about. */
export function failingOnes(connections: readonly Pick<ConnectionNow, 'state' | 'lastRun'>[]): number {
  return connections.filter(
    ({ state, lastRun }) =>
      state === 'needs_reconnect' ||
      (state === 'active' && (lastRun?.status === 'failed' || lastRun?.status === 'abandoned')),
  ).length
}

/** Whether a workspace is one that this tab is about. */
export function isInView(view: WorkspaceView, { role, freshness, failing }: Judged): boolean {
  if (view === 'mine') return role !== 'operator'
  if (view === 'stale') return freshness.isStale && freshness.state !== 'never'
  if (view === 'attention') return failing > 0 || !['fresh', 'late'].includes(freshness.state)
  return true
}

/** Whether the name or the address has every word in it, in any case. */
export function isFound(words: string, { name, slug }: Judged): boolean {
  const text = `${name} ${slug}`.toLowerCase()
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
