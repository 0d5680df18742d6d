import { z } from 'zod'
import type { Tx } from '../../drizzle/db.ts'
import { readStepDone, type StepDone } from '../queries/step-done.ts'
import { momentWords, writeWords } from './due-lines.ts'
import { sourceName } from './due-page.ts'

/** What an address says of the last deed: an opportunity and the version that the deed led to, or a word. */
const doneForm = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[1-9]\d{0,8}$/)

export const doneAs = (opportunityId: string, version: number): string => `${opportunityId}.${version}`

/** What else may have come of it, by its word in the address. */
const refusals: Partial<Record<string, string>> = {
  late: 'It is too late to take that back: ten seconds have passed, or something came after it.',
  gone: 'The CRM no longer plans that. Nothing was changed.',
  changed: 'Somebody else has changed that opportunity meanwhile. Nothing was changed; look at it again.',
  off: 'Writing to the CRM is switched off, so nothing was tried. An admin can turn it on in the settings.',
  closed: 'The CRM has closed that opportunity, so nothing can be planned for it.',
}

export type DoneNotice = {
  words: string
  isProblem: boolean
  undo: { action: string; version: number; back: string } | null
}

/** What the list says of the deed that led to it; nothing where none did, or where the address names none. */
export async function readDoneNotice(
  tx: Tx,
  { workspace, status, person }: Pick<App.Locals, 'workspace' | 'status' | 'person'>,
  done: string,
  back: string,
): Promise<DoneNotice | null> {
  const refusal = Object.hasOwn(refusals, done) ? refusals[done] : undefined
  if (refusal !== undefined) return { words: refusal, isProblem: true, undo: null }
  if (!doneForm.safeParse(done).success) return null
  const [id = '', number] = done.split('.')
  const version = Number(number)
  const step = await readStepDone(tx, person.id, id, version)
  if (step === undefined) return null
  const action = `/w/${workspace.slug}/due/${id}/undo`
  return {
    words: [
      doneWords(step, (at) => momentWords(at, workspace.timeZone, status.now)),
      ...(step.write === null ? [] : [wordsOfWrite(step.write, sourceName(status.connections))]),
    ].join(' '),
    isProblem: step.write?.state === 'refused',
    undo: step.mayUndo ? { action, version, back } : null,
  }
}

/** "Goes to HubSpot." */
function wordsOfWrite(write: NonNullable<StepDone['write']>, source: string): string {
  const { word, why } = writeWords(write, source)
  return `${word}${why === undefined ? '' : `: ${why}`}.`
}

/** "Done. Next: book validation call, Mon, Nov 23, 9:00 AM." */
export function doneWords(
  { how, details, dueAt, outcome, title }: Omit<StepDone, 'write'>,
  moment: (at: Date) => string,
): string {
  const step = dueAt === null || details === null ? null : `${details}, ${moment(dueAt)}`
  const name = title ?? 'The opportunity'
  if (how === 'undone')
    return step === null ? `Taken back. ${name} is as it was.` : `Taken back. Planned again: ${step}.`
  if (step === null) return `Done. ${name} is marked as ${outcome}.`
  switch (how) {
    case 'moved':
      return `Moved: ${step}.`
    case 'suggested':
      return `Taken over: ${step}.`
    case 'planned':
      return `Planned: ${step}.`
    default:
      return `Done. Next: ${step}.`
  }
}
