import { amountOf } from './fees.ts'
import { inOfficeHours, onWorkday } from './office-hours.ts'
import { Random } from './random.ts'
import { unitsAt, type Setting } from './setting.ts'
import { FUTURE_POSITION, LOST_POSITION, WON_POSITION } from './stages.ts'

const DAY = 86_400

/** From `at` (seconds) on the sale stood in this stage and was worth so much. */
export type Step = { at: number; position: number; stageId: number; amountMinor: number | null }

/** By position: days that a sale usually stays, and the chance that it goes no further. */
const stays = [
  { days: 1.5, loss: 0.2 },
  { days: 4, loss: 0.18 },
  { days: 4, loss: 0.17 },
  { days: 5, loss: 0.12 },
  { days: 7, loss: 0.11 },
  { days: 7, loss: 0.1 },
  { days: 8, loss: 0.07 },
  { days: 8, loss: 0.07 },
  { days: 11, loss: 0.05 },
  { days: 8, loss: 0.05 },
  { days: 7, loss: 0.06 },
  { days: 10, loss: 0.05 },
  { days: 14, loss: 0.05 },
  { days: 8, loss: 0.04 },
  { days: 5, loss: 0.02 },
  { days: 6, loss: 0.02 },
]

/**
 * What had become of the sale to the person at `index` by the start, oldest step first; none for whoever is still new. The
 * last step is where it stands. Depends on the setting, the index and the instant they came.
 */
export function journeyOf(setting: Setting, index: number, createdAt: number): Step[] {
  const random = new Random(setting.seed, 'journey', index)
  // One in eight takes far longer than the others.
  const pace = random.chance(1 / 8) ? 3 : 0.7 + 0.6 * random.next()
  const units = unitsAt(setting.seed, index)
  const steps: Step[] = []
  let position = 0
  let amountMinor = amountOf(random, setting.business, units, 0.15)
  let at = createdAt
  for (;;) {
    const stay = stays[position]
    if (stay === undefined) return steps
    const next = onWorkday(at - Math.log(1 - random.next()) * stay.days * pace * DAY + 1200)
    if (next >= setting.startAt) return steps
    at = Math.max(at + 60, inOfficeHours(next, setting.startAt))
    position = nextPosition(random, position, stay.loss)
    if (amountMinor === null || random.chance(0.05)) {
      const known = position > WON_POSITION ? 0 : position < 3 ? 0.2 : 0.7
      amountMinor = amountOf(random, setting.business, units, known) ?? amountMinor
    }
    const stageId = setting.stages[position]?.id
    if (stageId === undefined) return steps
    steps.push({ at, position, stageId, amountMinor })
  }
}

/** Usually the next one, now and then one back, or the end: lost, or put off. */
export function nextPosition(random: Random, position: number, loss: number): number {
  if (random.chance(loss)) {
    if (random.chance(0.08)) return FUTURE_POSITION
    // Early it is the lead that was none; late it is a choice.
    return LOST_POSITION + (position < 3 ? random.int(3) : random.pick([0, 0, 3, 4]))
  }
  if (position === 0) return random.chance(0.6) ? 1 : 2
  if (position === 1) return 3
  if (position > 5 && random.chance(0.03)) return position - 1
  return Math.min(WON_POSITION, position + 1)
}
