import type { Stage } from './facts.ts'

/**
 * The sales cycle of a franchise developer: names, order and the known likelihoods in percent. Source: stages seen in
 * a ClientTether account, https://github.com/BUILD3R-Dev/mellon-portal (2026-11-20).
 */
const cycle: [name: string, likelihood: number | null][] = [
  ['New Lead', null],
  ['Outbound Call', null],
  ['Inbound Contact', null],
  ['Initial Call Scheduled', 5],
  ['Initial Call Complete', 10],
  ['QR Sent', 15],
  ['QR Returned', 20],
  ['FDD Sent', 25],
  ['FDD Signed', 30],
  ['FDD Review Call Scheduled', 35],
  ['FDD Review Call Complete', 40],
  ['Deal Structure', 45],
  ['Discovery Day Booked', 50],
  ['Discovery Day Completed', 80],
  ['FA Requested', 90],
  ['FA Sent', 95],
  ['FA Signed', 100],
  ['Future Interest', null],
]
const closedWithout = [
  'Not Interested',
  'Never Responded',
  'Bad Lead',
  'Bad Fit',
  'Lost - Territory Not Available',
]

/** Position of "FA Signed" in `makeStages`: the deal is won. */
export const WON_POSITION = 16

/** Position of "Future Interest": not now, perhaps later. */
export const FUTURE_POSITION = 17

/** Position of the first of the stages in which a sale ends without a signature. */
export const LOST_POSITION = 18

/** All stages in order, active ones first. Ids differ between seeds. */
export function makeStages(seed: number): Stage[] {
  const firstId = 4000 + (seed % 97) * 40
  const active = cycle.map(([name, likelihood], position) => ({ name, likelihood, isActive: true, position }))
  const inactive = closedWithout.map((name, i) => ({
    name,
    likelihood: 0,
    isActive: false,
    position: cycle.length + i,
  }))
  return [...active, ...inactive].map(({ name, likelihood, isActive, position }) => {
    return { id: firstId + position, name, order: position + 1, isActive, likelihood }
  })
}

/** Where a sale stands, as a rep tells it. */
export type Phase = 'first' | 'middle' | 'last' | 'won' | 'lost'

/** Phase of the sale that a stage belongs to; a person without one has just come in. */
export function phaseOf(stages: Stage[], stageId: number | null): Phase {
  return phaseAt(stages.findIndex((stage) => stage.id === stageId))
}

/** As `phaseOf`, by position; -1 for none. */
export function phaseAt(position: number): Phase {
  if (position > WON_POSITION) return 'lost'
  if (position === WON_POSITION) return 'won'
  if (position >= 12) return 'last'
  return position >= 5 ? 'middle' : 'first'
}
