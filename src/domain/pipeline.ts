/** Open opportunities of one stage in one currency, at one moment. */
export type StageSum = {
  stageKey: string
  stageName: string | null
  currency: string
  count: number
  withAmount: number
  /** With an amount, but neither a likelihood of their own nor one of their stage. */
  withoutLikelihood: number
  amountMinor: bigint
  /** Each amount times its likelihood, in ten-thousandths of the minor unit, so that nothing is rounded before the end. */
  weighted: bigint
}

/** How many came into a stage as open opportunities of a currency since a moment, and how many went out of it. */
export type StageFlow = { stageKey: string; currency: string; entered: number; left: number }

export type Sum = Omit<StageSum, 'stageKey' | 'stageName' | 'currency'>

const nothing: Sum = { count: 0, withAmount: 0, withoutLikelihood: 0, amountMinor: 0n, weighted: 0n }

export function total(sums: readonly Sum[]): Sum {
  return sums.reduce<Sum>(
    (all, one) => ({
      count: all.count + one.count,
      withAmount: all.withAmount + one.withAmount,
      withoutLikelihood: all.withoutLikelihood + one.withoutLikelihood,
      amountMinor: all.amountMinor + one.amountMinor,
      weighted: all.weighted + one.weighted,
    }),
    nothing,
  )
}

/** The weighted value in the minor unit, half a unit rounded away from zero. */
export function weightedMinor({ weighted }: Pick<Sum, 'weighted'>): bigint {
  return divided(weighted, 10_000n)
}

/** What one opportunity adds to it; null without an amount or a likelihood. `likely` is 0 to 1, with four decimals. */
export function weightedMinorOf(deal: { amountMinor: bigint | null; likely: number | null }): bigint | null {
  if (deal.amountMinor === null || deal.likely === null) return null
  return weightedMinor({ weighted: deal.amountMinor * BigInt(Math.round(deal.likely * 10_000)) })
}

/** The mean over the opportunities that have an amount; null where none has. */
export function averageMinor({ amountMinor, withAmount }: Sum): bigint | null {
  return withAmount === 0 ? null : divided(amountMinor, BigInt(withAmount))
}

function divided(value: bigint, by: bigint): bigint {
  const half = by / 2n
  return (value < 0n ? value - half : value + half) / by
}

export const ofCurrency = (sums: readonly StageSum[], currency: string): StageSum[] =>
  sums.filter((sum) => sum.currency === currency)

/** The currencies there are or were, the one of most opportunities now first. */
export function currenciesOf(
  now: readonly StageSum[],
  before: readonly StageSum[] = [],
): { currency: string; count: number }[] {
  return [...new Set([...now, ...before].map(({ currency }) => currency))]
    .map((currency) => ({ currency, count: total(ofCurrency(now, currency)).count }))
    .toSorted((a, b) => b.count - a.count || a.currency.localeCompare(b.currency))
}

/** A stage that the CRM lists; they come in the order of their pipelines, and within one in its own. */
export type ListedStage = { key: string; name: string; pipeline: string | null }

/** Of one stage and currency. */
export function flowThrough(
  flows: readonly StageFlow[],
  of: Pick<StageFlow, 'stageKey' | 'currency'>,
): Pick<StageFlow, 'entered' | 'left'> {
  const here = flows.filter(({ stageKey, currency }) => stageKey === of.stageKey && currency === of.currency)
  const sum = (way: 'entered' | 'left') => here.reduce((all, one) => all + one[way], 0)
  return { entered: sum('entered'), left: sum('left') }
}

/** `-` is the key of opportunities without a stage. */
export type StageStanding = { key: string; name: string; now: Sum; before: Sum }

/** Every stage that has open opportunities or had some, in the order of its pipeline; unlisted ones last. */
export function byStage(
  now: readonly StageSum[],
  before: readonly StageSum[],
  order: readonly ListedStage[],
): StageStanding[] {
  const places = new Map(order.map((stage, place) => [stage.key, { ...stage, place }]))
  const several = new Set(order.map(({ pipeline }) => pipeline)).size > 1
  const keys = [...new Set([...now, ...before].map(({ stageKey }) => stageKey))]
  const names = new Map([...before, ...now].map(({ stageKey, stageName }) => [stageKey, stageName]))
  return keys
    .map((key) => {
      const listed = places.get(key)
      const name = listed?.name ?? names.get(key) ?? 'No stage'
      return {
        key,
        place: listed?.place ?? Infinity,
        name: several && listed?.pipeline ? `${listed.pipeline}: ${name}` : name,
        now: total(now.filter(({ stageKey }) => stageKey === key)),
        before: total(before.filter(({ stageKey }) => stageKey === key)),
      }
    })
    .toSorted((a, b) => (a.place === b.place ? a.name.localeCompare(b.name) : a.place - b.place))
}
