import { z } from 'zod'
import { longestDetails, outcomes, shortestDetails } from '../domain/due.ts'

const tooLong = (most: number) => `At most ${most} characters`
const longestKind = 40

/**
 * Without control characters, on one line; Postgres takes no NUL and no half of a character. Nothing turns the words around that stand
 * after it (Unicode's embeddings, overrides and isolates); marks of a direction may stay.
 */
export const tidied = (text: string): string =>
  text
    .replaceAll(/[\u202a-\u202e\u2066-\u2069]/gu, '')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .toWellFormed()

/** The words of people. */
const words = (most: number) =>
  z
    .string()
    .max(most * 4, tooLong(most))
    .transform(tidied)

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text))
const version = z.int().min(0)
const kind = words(longestKind)
  .refine((text) => text.length <= longestKind, tooLong(longestKind))
  .optional()

/**
 * What is asked of somebody who completes an action: what comes next and when, or how it ended. The form and the API send the same;
 * what has the wrong shape is malformed, what has the right one may still be against a rule (`brokenRules`).
 */
export const completionGiven = z.strictObject({
  new_next_action_at: instant
    .nullish()
    .describe('When the next action is due: ahead, with its offset from UTC'),
  new_next_action_details: words(longestDetails)
    .nullish()
    .describe(`The next action, in ${shortestDetails} to ${longestDetails} characters`),
  kind: kind.describe('Such as Call or Email'),
  outcome: z.enum(outcomes).nullish().describe('How it ended, in place of a next action'),
  reason: words(longestDetails).nullish().describe('Why, unless it is won'),
  version: version
    .optional()
    .describe('The version of the opportunity that the person saw; without it, the one there is'),
})
export type CompletionGiven = z.infer<typeof completionGiven>

/** A new time for a step, and other words for it where they are given. */
export const moveGiven = z.strictObject({
  next_action_at: instant,
  next_action_details: words(longestDetails).optional(),
  /** What is in the way. */
  reason: words(longestDetails).optional(),
  version: version.optional(),
})

/** What comes after a completed action: a step or an outcome. */
export type Following =
  | { dueAt: Date; details: string; kind: string | null; outcome: null; reason: null }
  | { dueAt: null; details: null; kind: null; outcome: (typeof outcomes)[number]; reason: string | null }

type Broken = { fields: Record<string, string> }

/** What the person wants to come next, or by field what is against the rules. */
export function followingOf(given: CompletionGiven, now: Date): Following | Broken {
  const { new_next_action_at: at, new_next_action_details: details, outcome, reason } = given
  const namesStep = at != null || (details != null && details !== '')
  if (outcome != null && namesStep) return broken({ outcome: 'Give the next action or an outcome, not both' })
  if (outcome == null && !namesStep)
    return broken({ new_next_action_details: detailsMissing, new_next_action_at: timeMissing })
  if (outcome != null) {
    if (outcome !== 'won' && (reason ?? '') === '') return broken({ reason: reasonMissing })
    const wrong = wrongReason(reason)
    if ('reason' in wrong) return broken(wrong)
    return { dueAt: null, details: null, kind: null, outcome, reason: reason || null }
  }
  // In the order in which a form asks for them.
  const wrong = {
    ...wrongDetails('new_next_action_details', details),
    ...wrongTime('new_next_action_at', at, now),
  }
  if (at == null || details == null || Object.keys(wrong).length > 0) return broken(wrong)
  return { dueAt: at, details, kind: given.kind || null, outcome: null, reason: null }
}

const broken = (fields: Record<string, string>): Broken => ({ fields })

export const reasonMissing = 'Say why'
export const timeMissing = 'Choose when the next action is due'
export const detailsMissing = 'Enter the next action'
/** Further ahead nobody plans; beyond it lie slips of the hand. */
const longestAheadMs = 10 * 366 * 86_400_000

/** What is wrong with the time of a next action, by the name of its field. */
export function wrongTime(field: string, at: Date | null | undefined, now: Date): Record<string, string> {
  if (at == null) return { [field]: timeMissing }
  if (at <= now) return { [field]: 'Choose a time that is still ahead' }
  return at.getTime() - now.getTime() > longestAheadMs ? { [field]: 'Choose a time within ten years' } : {}
}

/** What is wrong with its words. */
export function wrongDetails(field: string, details: string | null | undefined): Record<string, string> {
  if (details == null || details === '') return { [field]: detailsMissing }
  if (details.length < shortestDetails)
    return { [field]: `Enter the next action in at least ${shortestDetails} characters` }
  return details.length > longestDetails ? { [field]: tooLong(longestDetails) } : {}
}

/** What is wrong with the words that say why. */
export const wrongReason = (reason: string | null | undefined): Record<string, string> =>
  reason != null && reason.length > longestDetails ? { reason: tooLong(longestDetails) } : {}
