import type { Tx } from '../../drizzle/db.ts'
import { basisOf, type Basis, type ConnectionNow } from '../domain/freshness.ts'
import { sinceNamed, type Since } from '../domain/period.ts'
import { byStage, currenciesOf, ofCurrency, type ListedStage } from '../domain/pipeline.ts'
import { slowSince } from '../domain/stage-time.ts'
import { readKnownSince, readStandings, type DealScope, type Standings } from '../queries/bridge.ts'
import type { HistoryScope } from '../queries/deal-history.ts'
import type { DealFilters } from '../queries/deal-match.ts'
import { readOwners, readStages } from '../queries/pipeline.ts'
import type { Workspace } from '../queries/workspaces.ts'
import { dealFiltersOf, pipelineAskOf, sinceAsked, type PipelineAsk } from './pipeline-filters.ts'
import { stageTimesOf } from './stage-times.ts'

/** A likelihood may be the stage's, so both must have arrived. */
export const pipelineStreams = ['opportunities', 'stages']

/** What was asked for, and the figures that everything else is made of: of the page, and of the file of it. */
export type Asked = {
  scope: DealScope
  workspace: Pick<Workspace, 'id' | 'currency' | 'timeZone'>
  search: URLSearchParams
  asOf: Date
  since: Since
  /** Our copy begins after the moment somebody wanted to compare with. */
  isCut: boolean
  standings: Standings
  currency: string
  currencies: { currency: string; count: number }[]
  listed: ListedStage[]
  stages: ReturnType<typeof byStage>
  owners: { value: string; word: string }[]
  /** Whose notes and activities tell of the last touch. */
  history: HistoryScope
  slowSince: ReadonlyMap<string, Date>
  ask: PipelineAsk
  filters: DealFilters
}

export async function askPipeline(
  tx: Tx,
  workspace: Asked['workspace'],
  { now, connections, basis }: { now: Date; connections: readonly ConnectionNow[]; basis: Basis },
  search: URLSearchParams,
): Promise<Asked> {
  const { connectionIds } = basis
  const scope = { tenantId: workspace.id, connectionIds, currency: workspace.currency }
  const asOf = basis.asOf ?? new Date(0)
  const wanted = sinceNamed(sinceAsked(search), asOf, workspace.timeZone)
  const known = await readKnownSince(tx, scope)
  const isCut = known !== null && known > wanted.at
  const since = isCut ? { ...wanted, at: known } : wanted
  const standings = await readStandings(tx, scope, since.at)
  const currencies = currenciesOf(standings.now, standings.before)
  const named = currencies.find(({ currency }) => currency === search.get('currency'))
  const currency = named?.currency ?? currencies[0]?.currency ?? workspace.currency
  const listed = await readStages(tx, scope)
  const pipelineAsk = pipelineAskOf(search, asOf, workspace.timeZone)
  const slow = slowSince(await stageTimesOf(tx, scope, asOf), asOf)
  const touchedIn = basisOf(connections, [...pipelineStreams, 'notes', 'activities']).connectionIds
  return {
    scope,
    workspace,
    search,
    asOf,
    since,
    isCut,
    standings,
    currency,
    listed,
    ask: pipelineAsk,
    currencies,
    stages: byStage(ofCurrency(standings.now, currency), ofCurrency(standings.before, currency), listed),
    owners: await readOwners(tx, scope),
    history: { tenantId: workspace.id, touchedIn, now },
    slowSince: slow,
    filters: {
      ...dealFiltersOf(pipelineAsk, currency, standings.changes, since.at),
      slowSince: pipelineAsk.isSlow ? slow : undefined,
    },
  }
}

/** The names of stages and owners by their ids, as filters say them. */
export function namesOf({ stages, listed, owners }: Pick<Asked, 'stages' | 'listed' | 'owners'>) {
  return {
    stage: (key: string) =>
      [...stages, ...listed].find((stage) => stage.key === key)?.name ??
      (key === '-' ? 'No stage' : 'another'),
    owner: (id: string) => owners.find(({ value }) => value === id)?.word ?? 'another',
  }
}
