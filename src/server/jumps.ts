import type { Tx } from '../../drizzle/db.ts'
import { basisOf } from '../domain/freshness.ts'
import { runWords } from '../domain/verdict.ts'
import { clockTime } from '../format.ts'
import { findCandidates } from '../queries/candidates.ts'
import { readRuns } from '../queries/runs.ts'
import { readSavedViews, type SavedView } from '../queries/saved-views.ts'
import { may } from './access.ts'
import { dealHref } from './deal-address.ts'
import { workspacePlaces } from './workspace-places.ts'

/** Where the palette can lead to; `sign` in front of what is typed shows a group alone. */
export type JumpGroup = { name: string; sign: string; jumps: { word: string; note: string; href: string }[] }

type Asker = Pick<App.Locals, 'workspace' | 'status' | 'role' | 'person'>

const mostRuns = 20
const mostCandidates = 6
/** Fewer letters are in too many names. */
const fewestLetters = 2

/** The saved views and the latest runs that this person may open. */
export async function readJumps(tx: Tx, { workspace, status, role, person }: Asker): Promise<JumpGroup[]> {
  const home = `/w/${workspace.slug}`
  const { runs } = await readRuns(tx, { limit: mostRuns })
  const views = may(role, 'read_deals') ? await readSavedViews(tx, person.id) : []
  const words = new Map(
    workspacePlaces(home, role).flatMap(({ places }) => places.map(({ name, word }) => [name, word])),
  )
  const viewJump = ({ id, name, query, page }: SavedView) => ({
    word: name,
    note: words.get(page) ?? page,
    href: `${home}/${page}?${query === '' ? '' : `${query}&`}saved=${id}`,
  })
  const groups = [
    { name: 'Views', sign: '', jumps: views.map(viewJump) },
    {
      name: 'Runs',
      sign: '#',
      jumps: runs.map(({ id, connection, queuedAt, status: ended }) => ({
        word: `${connection}, ${clockTime(queuedAt, workspace.timeZone, status.now)}`,
        note: runWords[ended].word,
        href: `${home}/sync/runs/${id}`,
      })),
    },
  ]
  return groups.filter(({ jumps }) => jumps.length > 0)
}

/** Open opportunities by the name of their candidate. */
export async function readCandidateJumps(
  tx: Tx,
  { workspace, status, role }: Asker,
  typed: string,
): Promise<JumpGroup[]> {
  const { connectionIds } = basisOf(status.connections, ['opportunities'])
  if (typed.length < fewestLetters || connectionIds.length === 0 || !may(role, 'read_deals')) return []
  const scope = { tenantId: workspace.id, connectionIds, currency: workspace.currency }
  const found = await findCandidates(tx, scope, typed, mostCandidates)
  const jumps = found.map(({ id, name, market, stage }) => ({
    word: name,
    note: [market, stage].filter(Boolean).join(' · '),
    href: dealHref(`/w/${workspace.slug}`, id),
  }))
  return jumps.length === 0 ? [] : [{ name: 'Candidates', sign: '', jumps }]
}
