import type { APIContext } from 'astro'
import { z } from 'zod'
import type { StepMade, StepRefusal } from '../commands/add-step.ts'
import { tidied } from '../commands/step-given.ts'
import { dayOf, zoneWord } from '../domain/days.ts'
import { daysLate, quickChoices } from '../domain/due.ts'
import { clockTime, count, countedWords, money, plural, timeOfDay } from '../format.ts'
import { readDueLoad } from '../queries/due-load.ts'
import type { Counted } from '../queries/due-counts.ts'
import { readStep, type StepNow } from '../queries/step.ts'
import { dueScopeOf, sourceName } from './due-page.ts'
import { momentWords, suggestionWords, writeWords } from './due-lines.ts'
import { formOf } from './form.ts'
import { backIn, endingOf, instantIn, type Given } from './step-form.ts'

const uuid = z.uuid()

/** What the forms of one opportunity's next step stand on; undefined where there is no such opportunity. */
export async function openStep(context: Pick<APIContext, 'locals' | 'params' | 'request' | 'url'>) {
  const { locals, params, request, url } = context
  const { workspace, status } = locals
  const given: Given = request.method === 'POST' ? await formOf(request) : {}
  const id = uuid.safeParse(params['opportunity']).data
  const scope = dueScopeOf(workspace, status)
  const { now, timeZone } = scope
  const choices = quickChoices(now, timeZone)
  const found =
    id === undefined
      ? undefined
      : await locals.asTenant(async (tx) => {
          const owners = locals.ownOwners.length > 0 ? locals.ownOwners : undefined
          const step = await readStep(tx, scope, id)
          const load = await readDueLoad(
            tx,
            scope,
            { owners },
            choices.map(({ day }) => day),
          )
          return step && { step, load, isOwn: owners !== undefined }
        })
  if (found === undefined) {
    locals.missing = 'opportunity'
    return undefined
  }
  const { step, load, isOwn } = found
  const source = sourceName(status.connections)
  const today = dayOf(now, timeZone)
  const home = `/w/${workspace.slug}/due`
  const zone = zoneWord(today, timeZone)
  return {
    given,
    step,
    back: backIn(request.method === 'POST' ? given['back'] : url.searchParams.get('back')),
    home,
    base: `${home}/${step.id}`,
    source,
    zone,
    /** "8:16 AM CST" */
    clock: `${timeOfDay(now, timeZone)} ${zone}`,
    today,
    about: aboutWords(step),
    present: presentWords(step, { now, timeZone }),
    suggestion: step.suggestion && {
      words: suggestionWords(step.suggestion, { source, timeZone, now }),
      activity: step.suggestion.activityId,
    },
    write: step.write && writeWords(step.write, source),
    choices: choices.map(({ name, day, words }) => {
      const of = load.find((one) => one.day === day)
      const due = of === undefined ? '' : loadWords(of, isOwn)
      return { name, day, words: words.replace(/^Tomorrow, /, ''), due }
    }),
    moment: (at: Date) => momentWords(at, timeZone, now),
    ago: (at: Date) => clockTime(at, timeZone, now),
  }
}

/** "4 due", "nothing of yours due": what a day holds already, so that people spread their work. */
function loadWords(load: Counted, isOwn: boolean): string {
  return `${load.count === 0 ? 'nothing' : countedWords(load)}${isOwn ? ' of yours' : ''} due`
}

export type OpenStep = NonNullable<Awaited<ReturnType<typeof openStep>>>

/** "Priya Raghunathan · Austin, TX · FDD sent · $111,150" */
function aboutWords({ title, market, stage, valueMinor, currency }: StepNow): string {
  return [title ?? 'No name', market, stage, valueMinor === null ? null : money(valueMinor, currency)]
    .filter(Boolean)
    .join(' · ')
}

/** What is planned now, and how late it is: "Due Sat, Nov 14, 6 days late, moved 3 times". */
function presentWords(
  { step }: StepNow,
  { now, timeZone }: { now: Date; timeZone: string },
): { details: string; words: string } | null {
  if (step === null) return null
  const late = daysLate(step.dueAt, now, timeZone)
  const words = [
    `Due ${momentWords(step.dueAt, timeZone, now)}`,
    ...(late > 0 ? [`${plural(late, 'day', 'days')} late`] : []),
    ...(step.moves > 0 ? [`moved ${step.moves === 1 ? 'once' : `${count(step.moves)} times`}`] : []),
  ]
  return { details: step.details, words: words.join(', ') }
}

/** Who made what of it meanwhile, for the person who was slower. */
export function conflictWords(
  { present }: Extract<StepRefusal, { kind: 'conflict' }>,
  { moment, ago, source }: Pick<OpenStep, 'moment' | 'ago' | 'source'>,
): { who: string; words: string } {
  const who = present.madeBy ?? source
  const when = present.madeAt === null ? '' : ` at ${ago(present.madeAt)}`
  const what =
    present.dueAt !== null && present.details !== null
      ? `set: ${present.details}, ${moment(present.dueAt)}`
      : present.outcome === 'closed_in_crm' || present.outcome === 'merged'
        ? 'closed it'
        : present.outcome === null || present.outcome === 'none'
          ? 'left it without a next action'
          : `marked it as ${present.outcome}`
  return { who, words: `${who} was faster${when} and ${what}. Nothing of yours is lost.` }
}

/** The same form sent twice by one person, because its first answer never arrived, found its own work there. */
export function isOwnWork(present: StepMade, given: Given, timeZone: string, personId: string): boolean {
  const ending = endingOf(given)
  const { details, reason = '' } = given
  if (present.madeById !== personId || present.version !== Number(given['version']) + 1) return false
  if (ending !== 'step') return present.outcome === ending && (present.reason ?? '') === tidied(reason)
  return (
    present.dueAt?.toISOString() === instantIn(given, timeZone) &&
    (details === undefined || present.details === tidied(details))
  )
}
