/** Where an opportunity stands as far as open value is concerned; `absent` is before we knew of it. */
export type Standing = 'absent' | 'open' | 'won' | 'lost' | 'deleted'

/** Below, at or above what it was. */
export type Sign = -1 | 0 | 1

/** What became of one opportunity, or of several alike, between two moments. */
export type Change = {
  before: Standing
  after: Standing
  /** Whether it is in another currency than it was. */
  isOtherCurrency: boolean
  /** How its amount compares; a missing amount is worth nothing. */
  amount: Sign
  /** How its stage's place in the same pipeline compares; 0 where that cannot be said. */
  stage: Sign
  /** How its expected close date compares; 0 where one of the two is missing. */
  close: Sign
}

/** What changes the open value. */
export const valueBuckets = [
  'new',
  'reopened',
  'raised',
  'lowered',
  'currency',
  'won',
  'lost',
  'deleted',
] as const
export type ValueBucket = (typeof valueBuckets)[number]

/** What happens to an open opportunity whatever its value does. */
export const moves = ['forward', 'back', 'pushed', 'pulled'] as const
export type Move = (typeof moves)[number]

export type BridgeRow = ValueBucket | Move

export const isBridgeRow = (text: string | null): text is BridgeRow =>
  [...valueBuckets, ...moves].some((row) => row === text)

/** The one reason for which an opportunity adds to open value, or takes from it; null when it does neither. */
export function bucketOf({ before, after, isOtherCurrency, amount }: Change): ValueBucket | null {
  if (before === 'open' && after === 'open') {
    if (isOtherCurrency) return 'currency'
    return amount === 0 ? null : amount > 0 ? 'raised' : 'lowered'
  }
  if (after === 'open') return before === 'absent' ? 'new' : 'reopened'
  return before === 'open' && after !== 'absent' ? after : null
}

/** How an opportunity that stayed open moved: on to a later stage or back, its close date later or earlier. */
export function movesOf({ before, after, stage, close }: Change): Move[] {
  if (before !== 'open' || after !== 'open') return []
  return [
    ...(stage === 0 ? [] : [stage > 0 ? ('forward' as const) : ('back' as const)]),
    ...(close === 0 ? [] : [close > 0 ? ('pushed' as const) : ('pulled' as const)]),
  ]
}

/** Whether a change is what a row of the bridge counts. */
export function isIn(row: BridgeRow, change: Change): boolean {
  return bucketOf(change) === row || movesOf(change).some((move) => move === row)
}

/** Several opportunities that changed alike. Amounts are sums in the minor unit; of those not open they do not count. */
export type Changes = Change & {
  count: number
  currencyBefore: string
  currencyAfter: string
  beforeMinor: bigint
  afterMinor: bigint
}

export type Bridge = {
  openingMinor: bigint
  /** What each reason added (+) or took (-), in the order of the reasons; only those there are. */
  values: { bucket: ValueBucket; count: number; changeMinor: bigint }[]
  /** How many moved, and what they are worth now; no part of the sum. */
  moves: { move: Move; count: number; worthMinor: bigint }[]
  /** Came and went within the time, and so added nothing. */
  passedThrough: number
  closingMinor: bigint
  /** What the reasons do not explain: nothing, or our books are wrong. */
  residualMinor: bigint
}

/** How open value in one currency went from `openingMinor` to `closingMinor`. */
export function bridge(
  currency: string,
  changes: readonly Changes[],
  { openingMinor, closingMinor }: { openingMinor: bigint; closingMinor: bigint },
): Bridge {
  const ours = changes.filter((one) => isOpenIn(one, currency))
  const values = valueBuckets.flatMap((bucket) => {
    const of = ours.filter((one) => bucketOf(one) === bucket)
    const count = of.reduce((sum, one) => sum + one.count, 0)
    return count === 0 ? [] : [{ bucket, count, changeMinor: sumOf(of, (one) => effectOf(one, currency)) }]
  })
  const moved = moves.flatMap((move) => {
    const of = ours.filter((one) => one.currencyAfter === currency && movesOf(one).includes(move))
    const count = of.reduce((sum, one) => sum + one.count, 0)
    return count === 0 ? [] : [{ move, count, worthMinor: sumOf(of, ({ afterMinor }) => afterMinor) }]
  })
  const explained = sumOf(values, ({ changeMinor }) => changeMinor)
  return {
    openingMinor,
    values,
    moves: moved,
    passedThrough: changes
      .filter(({ before, after }) => before === 'absent' && (after === 'won' || after === 'lost'))
      .filter(({ currencyAfter }) => currencyAfter === currency)
      .reduce((sum, one) => sum + one.count, 0),
    closingMinor,
    residualMinor: closingMinor - openingMinor - explained,
  }
}

/** Whether it was open in this currency, or is. */
function isOpenIn({ before, after, currencyBefore, currencyAfter }: Changes, currency: string): boolean {
  return (
    (before === 'open' && currencyBefore === currency) || (after === 'open' && currencyAfter === currency)
  )
}

/** What a change adds to the open value in this currency. One that changed its currency leaves one and enters the other. */
function effectOf(change: Changes, currency: string): bigint {
  const entered = change.after === 'open' && change.currencyAfter === currency ? change.afterMinor : 0n
  const left = change.before === 'open' && change.currencyBefore === currency ? change.beforeMinor : 0n
  return entered - left
}

function sumOf<T>(all: readonly T[], read: (one: T) => bigint): bigint {
  return all.reduce((sum, one) => sum + read(one), 0n)
}

/** What each row is called, and what it says of the opportunities in it. */
export const bridgeWords: Readonly<Record<BridgeRow, string>> = {
  new: 'New',
  reopened: 'Reopened',
  raised: 'Value raised',
  lowered: 'Value lowered',
  currency: 'Currency changed',
  won: 'Won',
  lost: 'Lost',
  deleted: 'Removed in the CRM',
  forward: 'Moved forward',
  back: 'Moved back',
  pushed: 'Close date pushed',
  pulled: 'Close date pulled in',
}
