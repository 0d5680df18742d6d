/** An open opportunity is hot from this likelihood on. */
export const hotFrom = 0.4

/** How many days back a step forward, and a touch, still say something. */
const movedWithinDays = 14
const touchedWithinDays = 7

/** A fee is high from so many times the average of all hot opportunities in its currency. */
const highFeeTimes = 1.5

/** How far back the history of an opportunity is of interest. */
export const movesSince = (now: Date): Date => daysBefore(now, movedWithinDays)

export type HotFacts = {
  /** 0 to 1. */
  likely: number
  /** Whose likelihood it is: the opportunity's own, or that of the stage it stands in. */
  likelyOf: 'record' | 'stage'
  /** The weighted fee in the currency's minor unit. */
  feeMinor: bigint | null
  currency: string
  /** The average weighted fee of all hot opportunities in this currency that have one. */
  averageFeeMinor: bigint | null
  /** The last step to a later stage: from where, and when we learned it. */
  moved: { from: string; at: Date } | null
  /** The last note, or the last activity that was done. */
  touched: { by: 'note' | 'activity'; at: Date } | null
}

/** How a reason writes its figures. */
export type HotWords = {
  money: (amountMinor: bigint, currency: string) => string
  ago: (at: Date) => string
}

/**
 * Why an opportunity is on the hot list: a sentence for each reason, each with a figure. The likelihood comes first and is always there.
 * The stage and the fee themselves stand beside it, in columns of their own.
 */
export function whyHot(facts: HotFacts, now: Date, words: HotWords): string[] {
  return [
    likelyReason(facts),
    feeReason(facts, words),
    movedReason(facts, now, words),
    touchedReason(facts, now, words),
  ].filter((reason) => reason !== null)
}

/** "90%", "62.5%" */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`
}

function likelyReason({ likely, likelyOf }: HotFacts): string {
  const source = likelyOf === 'record' ? 'by its own record' : 'by its stage'
  return `${percent(likely)} likely ${source}; hot from ${percent(hotFrom)}.`
}

function feeReason({ feeMinor, currency, averageFeeMinor }: HotFacts, { money }: HotWords): string | null {
  if (feeMinor === null || averageFeeMinor === null || averageFeeMinor <= 0n) return null
  const times = Number(feeMinor) / Number(averageFeeMinor)
  if (times < highFeeTimes) return null
  return `High fee: ${times.toFixed(1)} times the average of ${money(averageFeeMinor, currency)}.`
}

function movedReason({ moved }: HotFacts, now: Date, { ago }: HotWords): string | null {
  if (moved === null || moved.at < daysBefore(now, movedWithinDays)) return null
  return `Moved forward from ${moved.from} ${ago(moved.at)}.`
}

function touchedReason({ touched }: HotFacts, now: Date, { ago }: HotWords): string | null {
  if (touched === null || touched.at < daysBefore(now, touchedWithinDays)) return null
  return `Last ${touched.by} ${ago(touched.at)}.`
}

function daysBefore(now: Date, days: number): Date {
  return new Date(now.getTime() - days * 86_400_000)
}
