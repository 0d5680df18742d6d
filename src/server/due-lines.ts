import type { IconName } from '../components/icons.ts'
import { bucketOf, bucketWords, buckets, daysSince, edgesOf, movedOften, type Bucket } from '../domain/due.ts'
import { count, exactTime, money, plural, timeOfDay, weekday } from '../format.ts'
import { relativeTime } from '../domain/relative-time.ts'
import type { DueRow, WriteNow } from '../queries/due.ts'
import type { Unplanned } from '../queries/unplanned.ts'
import { dealHref } from './deal-address.ts'

/** Where a list is read: the workspace's address and zone, and the moment. */
export type LineScope = {
  /** `/w/{slug}` */
  home: string
  /** The address of the list, which the forms lead back to: `?whose=all`, or nothing. */
  back: string
  timeZone: string
  now: Date
  /** The CRM as it is called here. */
  source: string
}

/** A due action in words. */
export type DueLine = {
  id: string
  /** `2026-11-20T14:16Z` */
  at: string
  exact: string
  /** "6 d late", "9:30 AM", "Mon, Nov 23" */
  when: string
  /** "Sat, Nov 14", "in 1 h" */
  beside: string
  /** Already late, among those of today. */
  tone: 'late' | undefined
  icon: IconName
  details: string
  title: string
  market: string
  /** Where its opportunity is; null where there is none, or not one alone. */
  deal: string | null
  stage: string
  touch: string
  value: string
  units: string
  owner: string | null
  /** "Moved 3×" */
  moved: string | null
  /** It lives in the CRM and is done there. */
  isTask: boolean
  /** The forms of its opportunity; null where there is none to be planned for. */
  forms: { complete: string; move: string; use: string; version: number; activity: string } | null
  write: { word: string; tone: 'busy' | 'good' | 'bad'; why: string | undefined } | null
  suggestion: { words: string; activity: string } | null
}

/** The rows of a page by bucket, in order; only buckets that hold any. */
export function dueGroups(
  rows: readonly DueRow[],
  scope: LineScope,
): { bucket: Bucket; heading: string; lines: DueLine[] }[] {
  const edges = edgesOf(scope.now, scope.timeZone)
  const byBucket = Map.groupBy(rows, ({ dueAt }) => bucketOf(dueAt, edges))
  return buckets.flatMap((bucket) => {
    const of = byBucket.get(bucket)
    const lines = of?.map((row) => dueLine(row, bucket, scope))
    return lines === undefined ? [] : [{ bucket, heading: bucketWords[bucket], lines }]
  })
}

function dueLine(row: DueRow, bucket: Bucket, scope: LineScope): DueLine {
  const { now, timeZone, home, back } = scope
  const isTask = row.of === 'task'
  const base = `${home}/due/${row.opportunityId}`
  const address = (form: string) => `${base}/${form}${backQuery(back)}`
  return {
    id: row.id,
    at: `${row.dueAt.toISOString().slice(0, 16)}Z`,
    exact: exactTime(row.dueAt, timeZone),
    ...whenOf(row, bucket, scope),
    icon: iconOf(row.kind),
    details: row.details,
    title: row.title ?? 'No name',
    market: row.market ?? '',
    deal: dealHref(home, row.opportunityId),
    stage: row.stage ?? 'No stage',
    touch: touchWords(row.touchedAt, now, timeZone),
    value: row.valueMinor === null ? '–' : money(row.valueMinor, row.currency),
    units: row.units === null ? '' : plural(row.units, 'unit', 'units'),
    owner: row.owner,
    moved: row.moves >= movedOften ? `Moved ${count(row.moves)}×` : null,
    isTask,
    forms:
      row.opportunityId === null
        ? null
        : {
            complete: address('complete'),
            move: address('move'),
            use: `${base}/suggestion`,
            version: row.version ?? 0,
            activity: row.id,
          },
    write: row.write && writeWords(row.write, scope.source),
    suggestion: row.suggestion && {
      words: suggestionWords(row.suggestion, scope),
      activity: row.suggestion.activityId,
    },
  }
}

function whenOf(
  { dueAt, daysLate }: DueRow,
  bucket: Bucket,
  { now, timeZone }: LineScope,
): Pick<DueLine, 'when' | 'beside' | 'tone'> {
  if (bucket === 'overdue')
    return { when: `${count(daysLate)} d late`, beside: weekday(dueAt, timeZone, now), tone: undefined }
  const time = timeOfDay(dueAt, timeZone)
  return bucket === 'today'
    ? { when: time, beside: nearWords(dueAt, now), tone: dueAt < now ? 'late' : undefined }
    : { when: weekday(dueAt, timeZone, now), beside: time, tone: undefined }
}

/** "in 3 h", "20 min ago", "now" */
const nearWords = (at: Date, now: Date) =>
  Math.abs(at.getTime() - now.getTime()) < 60_000 ? 'now' : relativeTime(at, now)

/** What goes along to a form so that it leads back to the same list. */
export const backQuery = (back: string): string => (back === '' ? '' : `?back=${encodeURIComponent(back)}`)

/** "12 d no touch" */
export function touchWords(touchedAt: Date | null, now: Date, timeZone: string): string {
  const days = daysSince(touchedAt, now, timeZone)
  if (days === null) return 'Never touched'
  return days === 0 ? 'Touched today' : `${count(days)} d no touch`
}

/** What the CRM has as the next step: "ClientTether plans: Send the redline, Tue, Nov 24, 9:00 AM". */
export function suggestionWords(
  { details, dueAt, isNewer }: NonNullable<DueRow['suggestion']>,
  { source, timeZone, now }: Pick<LineScope, 'source' | 'timeZone' | 'now'>,
): string {
  return `${source} ${isNewer ? 'now plans' : 'plans'}: ${details}, ${momentWords(dueAt, timeZone, now)}`
}

/** "Mon, Nov 23, 9:00 AM" */
export const momentWords = (at: Date, timeZone: string, now: Date): string =>
  `${weekday(at, timeZone, now)}, ${timeOfDay(at, timeZone)}`

/** How the last change stands on its way to the CRM. */
export function writeWords({ state, because }: WriteNow, source: string): NonNullable<DueLine['write']> {
  const why = because ?? undefined
  switch (state) {
    case 'pending':
      return { word: why === undefined ? `Goes to ${source}` : `Waits to go to ${source}`, tone: 'busy', why }
    case 'sending':
      return { word: `On its way to ${source}`, tone: 'busy', why }
    case 'sent':
      return { word: `Sent to ${source}`, tone: 'busy', why: 'The next sync shows whether it is there' }
    case 'confirmed':
      return { word: `In ${source}`, tone: 'good', why: undefined }
    case 'refused':
      return { word: `Not written to ${source}`, tone: 'bad', why }
  }
}

const icons: readonly (readonly [RegExp, IconName])[] = [
  [/call|phone|dial/i, 'phone'],
  [/mail/i, 'mail'],
  [/text|sms|message|chat/i, 'message'],
  [/meet|video|visit|appointment|demo|discovery/i, 'video'],
]

/** The sign of a kind of step; people and CRMs name kinds as they like. */
export const iconOf = (kind: string | null): IconName =>
  icons.find(([words]) => kind !== null && words.test(kind))?.[1] ?? 'circle-check'

/** An open opportunity without a next step, in words. */
export type UnplannedLine = {
  id: string
  title: string
  /** Where it is. */
  deal: string
  about: string
  stage: string
  touch: string
  value: string
  owner: string | null
  plan: string
}

export function unplannedLine(row: Unplanned, { home, back, now, timeZone }: LineScope): UnplannedLine {
  const value = row.valueMinor === null ? '–' : money(row.valueMinor, row.currency)
  return {
    id: row.id,
    title: row.title ?? 'No name',
    deal: dealHref(home, row.id),
    about: [row.market, row.owner].filter(Boolean).join(' · '),
    stage: row.stage ?? 'No stage',
    touch: touchWords(row.touchedAt, now, timeZone),
    value,
    owner: row.owner,
    plan: `${home}/due/${row.id}/complete${backQuery(back)}`,
  }
}
