import type { StageStanding, Sum } from './pipeline.ts'

/** The sentence that answers the page's question, in amounts that `money` writes. */
export function pipelineSentence(
  { count, amountMinor }: Sum,
  stages: readonly StageStanding[],
  words: { money: (amountMinor: bigint) => string; deals: (count: number) => string },
): string {
  if (count === 0) return 'No deal is open.'
  const most = stages.reduce<StageStanding | null>(
    (best, one) => (best === null || one.now.amountMinor > best.now.amountMinor ? one : best),
    null,
  )
  const where =
    most === null || most.now.amountMinor <= 0n
      ? ''
      : ` Most of it stands in ${most.name}: ${words.money(most.now.amountMinor)}.`
  return `${words.money(amountMinor)} in ${words.deals(count)}.${where}`
}
