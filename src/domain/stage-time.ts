/** Slow is an opportunity that stands in its stage for longer than so many times what is usual there. */
export const slowTimes = 1.5

/** What is usual in a stage is said once so many opportunities have come into it and left it. */
export const fewestStays = 5

/** How long opportunities stood in a stage before they left it. */
export type StageTime = { stageId: string; medianMs: number }

/** Per stage the moment since which, or before which, those that stand in it now must have come to be slow. */
export function slowSince(times: readonly StageTime[], asOf: Date): Map<string, Date> {
  return new Map(
    times.map(({ stageId, medianMs }) => [stageId, new Date(asOf.getTime() - slowTimes * medianMs)]),
  )
}

/** Whole days from then to now; a day of the clock has 24 hours here. */
export function daysBetween(then: Date, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - then.getTime()) / 86_400_000))
}
