import { Random } from './random.ts'

const DAY = 86_400

/** How many leads come on each day of the week, Sunday first, beside an average day. */
const weekdays = [0.4, 1.15, 1.3, 1.25, 1.15, 1, 0.45]

/** What the past of a company is made from; instants in seconds. */
type Past = { seed: number; startAt: number; historySeconds: number }

/**
 * How busy the days before the start were, summed up from the oldest: the share of all people who had come by the end of each.
 * Business grows a little, has its season, fewer leads on weekends, a campaign now and then, and good and bad weeks.
 */
export function arrivalsByDay({ seed, startAt, historySeconds }: Past): number[] {
  const days = Math.max(1, Math.ceil(historySeconds / DAY))
  const sums: number[] = []
  let sum = 0
  for (let day = 0; day < days; day++) {
    const at = new Date((startAt - historySeconds + day * DAY) * 1000)
    const week = Math.floor(at.getTime() / 1000 / DAY / 7)
    const growth = 0.85 + (0.3 * day) / days
    const season = 1 + 0.2 * Math.cos((2 * Math.PI * (at.getUTCMonth() - (seed % 12))) / 12)
    const luck = 0.7 + 0.6 * new Random(seed, 'week', week).next()
    sum += growth * season * luck * campaignOn(seed, at) * (weekdays[at.getUTCDay()] ?? 1)
    sums.push(sum)
  }
  return sums.map((upTo) => upTo / sum)
}

/** About every fifth week a campaign doubles what comes in for a week or so. */
function campaignOn(seed: number, at: Date): number {
  const dayNumber = Math.floor(at.getTime() / 1000 / DAY)
  const campaign = new Random(seed, 'campaign', Math.floor(dayNumber / 36))
  const begins = campaign.int(24)
  const day = dayNumber % 36
  return day >= begins && day < begins + campaign.between(6, 10) ? 2 : 1
}

/** Seconds after the beginning of the past by which this share (0 to 1) of all people had come. */
export function secondsUntil(share: number, sums: readonly number[], historySeconds: number): number {
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sums[middle] ?? 1) < share) low = middle + 1
    else high = middle
  }
  const before = sums[low - 1] ?? 0
  const within = (share - before) / Math.max(Number.EPSILON, (sums[low] ?? 1) - before)
  return Math.min(historySeconds, (low + Math.min(1, within)) * DAY)
}
