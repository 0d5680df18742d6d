import { z } from 'zod'
import type { StepRefusal } from '../commands/add-step.ts'
import { localInstant, outcomes } from '../domain/due.ts'

/** A form as it was sent: every field a text, whether it is understood or not. */
export type Given = Partial<Record<string, string>>

/** In the place of a day: the one in the field beside. */
export const pickedDay = 'pick'

/** What a person chose as the end of the action: what comes next, or how it ended. */
export const endings = ['step', ...outcomes] as const
export type Ending = (typeof endings)[number]
export const endingOf = ({ ending }: Given): Ending => endings.find((one) => one === ending) ?? 'step'

/** The form of a completion as the command takes it; fields of the other ending are left out, so that one may change one's mind. */
export function completionIn(given: Given, timeZone: string): unknown {
  const ending = endingOf(given)
  const version = versionIn(given)
  if (ending !== 'step') return { outcome: ending, reason: given['reason'] ?? '', ...version }
  return {
    new_next_action_at: instantIn(given, timeZone) ?? null,
    new_next_action_details: given['details'] ?? '',
    ...(given['kind'] ? { kind: given['kind'] } : {}),
    ...version,
  }
}

/** The form of a move as the command takes it; null where no time is understood. */
export function moveIn(given: Given, timeZone: string): unknown {
  const at = instantIn(given, timeZone)
  if (at === undefined) return null
  return { next_action_at: at, ...(given['reason'] ? { reason: given['reason'] } : {}), ...versionIn(given) }
}

/** The version that the person saw. */
function versionIn({ version }: Given): { version?: number } {
  return version !== undefined && /^\d{1,9}$/.test(version) ? { version: Number(version) } : {}
}

/** The chosen day at the chosen time, where the workspace is, as the API has it; undefined where either is not there. */
export function instantIn({ day, date, time }: Given, timeZone: string): string | undefined {
  return localInstant(`${day === pickedDay ? date : day}T${time}`, timeZone)?.toISOString()
}

/** Fields of the API by the fields of the form that people see. */
const shownAs: Partial<Record<string, string>> = {
  new_next_action_at: 'day',
  next_action_at: 'day',
  new_next_action_details: 'details',
  outcome: 'ending',
}

/** What is wrong, by the field of the form that says so; `clock` is what the clocks say where the workspace is. */
export function wrongIn(refusal: StepRefusal, clock: string): Record<string, string> {
  if (refusal.kind !== 'invalid' && refusal.kind !== 'malformed') return {}
  return Object.fromEntries(
    Object.entries(refusal.fields).map(([name, words]) => [
      shownAs[name] ?? name,
      words.endsWith('still ahead') ? `${words}; it is ${clock} now` : words,
    ]),
  )
}

const backForm = z
  .string()
  .max(2_000)
  .regex(/^\?[\x21-\x7e]*$/)

const buttonForm = z.object({ id: z.uuid(), version: z.coerce.number().int().min(1).max(1_000_000_000) })

/** What the button of a past deed sends: the opportunity, the version that the deed made, and the list to lead back to. Else undefined. */
export function buttonIn(
  id: string | undefined,
  given: Given,
): { id: string; version: number; back: string } | undefined {
  const { data } = buttonForm.safeParse({ id, version: given['version'] })
  return data && { ...data, back: backIn(given['back']) }
}

/** The address of the list that a form leads back to, without its path; nothing where it is none. */
export const backIn = (text: string | null | undefined): string => backForm.safeParse(text).data ?? ''

/** That list, told what was done. */
export function backWith(home: string, back: string, done: string): string {
  const search = new URLSearchParams(back)
  search.set('done', done)
  return `${home}?${search.toString()}`
}
