/** Leads alike in what the page counts by. */
export type LeadGroup = {
  /** In the CRM's words; null where it says none. */
  source: string | null
  /** `-` for leads without a stage. */
  stageKey: string
  stage: string | null
  isQualified: boolean
  /** Of the stretch before the period. */
  isBefore: boolean
  count: number
}

export type LeadCounts = { total: number; qualified: number }

export type LeadFigures = LeadCounts & { sources: number; before: LeadCounts }

/** How long it took until somebody was in touch, over the leads of the period. */
export type FirstTouch = {
  /** Null when nobody was in touch with any. */
  medianMs: number | null
  untouched: number
}

/** What came in the period, and in the one before it. */
export function leadFigures(groups: readonly LeadGroup[]): LeadFigures {
  const now = groups.filter(({ isBefore }) => !isBefore)
  return {
    ...countsOf(now),
    sources: new Set(now.flatMap(({ source }) => source ?? [])).size,
    before: countsOf(groups.filter(({ isBefore }) => isBefore)),
  }
}

function countsOf(groups: readonly LeadGroup[]): LeadCounts {
  const sum = (of: readonly LeadGroup[]) => of.reduce((all, { count }) => all + count, 0)
  return { total: sum(groups), qualified: sum(groups.filter(({ isQualified }) => isQualified)) }
}

export type SourceCounts = LeadCounts & { source: string | null; before: number }

/** Where they came from, the source of most first; leads of which the CRM says nothing last. */
export function bySource(groups: readonly LeadGroup[]): SourceCounts[] {
  return [...Map.groupBy(groups, ({ source }) => source)]
    .map(([source, of]) => {
      const { before, total, qualified } = leadFigures(of)
      return { source, total, qualified, before: before.total }
    })
    .filter(({ total, before }) => total + before > 0)
    .toSorted(
      (a, b) =>
        Number(a.source === null) - Number(b.source === null) ||
        b.total - a.total ||
        (a.source ?? '').localeCompare(b.source ?? ''),
    )
}

export type StatusCounts = { key: string; name: string; count: number }

/** In which stage they stand now, the fullest first. */
export function byStatus(groups: readonly LeadGroup[]): StatusCounts[] {
  const now = groups.filter(({ isBefore }) => !isBefore)
  return [...Map.groupBy(now, ({ stageKey }) => stageKey)]
    .map(([key, of]) => ({
      key,
      name: of.find(({ stage }) => stage !== null)?.stage ?? 'No stage',
      count: countsOf(of).total,
    }))
    .toSorted((a, b) => b.count - a.count || a.name.localeCompare(b.name))
}

/** The source with the greatest part of qualified leads, among those with enough leads to tell; null when none has. */
export function bestSource(sources: readonly SourceCounts[]): SourceCounts | null {
  const enough = sources.filter(
    ({ source, total, qualified }) => source !== null && total >= 5 && qualified > 0,
  )
  return enough.reduce<SourceCounts | null>(
    (best, one) => (best === null || one.qualified / one.total > best.qualified / best.total ? one : best),
    null,
  )
}
