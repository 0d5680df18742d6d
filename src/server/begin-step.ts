import type { AstroGlobal } from 'astro'
import type { Tx } from '../../drizzle/db.ts'
import type { StepChanged } from '../commands/add-step.ts'
import type { MoveActionOutcome } from '../commands/move-action.ts'
import { doneAs } from './done-notice.ts'
import { backWith } from './step-form.ts'
import { isOwnWork, openStep, type OpenStep } from './step-page.ts'

type AnyRefusal = Exclude<MoveActionOutcome, StepChanged>

/** `done` where nothing is left to ask; `changed` is what the form did. */
export type BegunStep<Refusal> =
  | { kind: 'done'; answer: Response; changed: StepChanged | undefined }
  | {
      kind: 'open'
      open: OpenStep
      isSent: boolean
      /** Why the form that was sent changed nothing; undefined, too, of one in which nothing could be understood. */
      refusal: Refusal | undefined
      /** Asked for as what a dialog shows. */
      isPart: boolean
    }

/** How every form about a next step begins: with the opportunity, and with what comes of the form where it was sent. */
export async function beginStep<Refusal extends AnyRefusal>(
  context: Pick<AstroGlobal, 'locals' | 'params' | 'request' | 'url' | 'redirect'>,
  carryOut: (tx: Tx, open: OpenStep) => Promise<StepChanged | Refusal> | undefined,
): Promise<BegunStep<Refusal>> {
  const { locals, request, url } = context
  const open = await openStep(context)
  if (open === undefined)
    return { kind: 'done', answer: new Response(null, { status: 404 }), changed: undefined }
  const { step, given, back, home } = open
  const doneAt = (version: number) => context.redirect(backWith(home, back, doneAs(step.id, version)), 303)
  const isSent = request.method === 'POST'
  const outcome = isSent ? await locals.asTenant(async (tx) => carryOut(tx, open)) : undefined
  if (outcome && isChanged(outcome))
    return { kind: 'done', answer: doneAt(outcome.state.version), changed: outcome }
  const present = outcome && presentOf(outcome)
  if (present && isOwnWork(present, given, locals.workspace.timeZone, locals.person.id))
    return { kind: 'done', answer: doneAt(present.version), changed: undefined }
  return { kind: 'open', open, isSent, refusal: outcome, isPart: url.searchParams.has('part') }
}

const isChanged = (outcome: { kind: string }): outcome is StepChanged => outcome.kind === 'changed'

/** What somebody else made of it meanwhile. */
const presentOf = (refusal: AnyRefusal) => (refusal.kind === 'conflict' ? refusal.present : undefined)
