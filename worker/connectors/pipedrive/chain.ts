import { z } from 'zod'
import type { Page, Pass, Reply, Request, Stream } from '../connector.ts'
import { readCursorPage, readOffsetPage, readWhole, someOf, type Row } from './envelope.ts'
import { readAs } from '../read-as.ts'
import { tokensOf, tokensOfOne } from './quota.ts'
import type { PipedriveSettings as Settings } from './settings.ts'

/** What one list has taught us about the next: definitions of fields, by what they are called in records. */
export type Known = Record<string, unknown>

/** One list of Pipedrive's. A stream may have to read several, one after the other. */
export type Phase = {
  /** Version 2 is found at the host's root; version 1 below the connection's own address, because hosts spell it differently. */
  path: string
  query?: Record<string, string>
  paging: 'cursor' | 'offset' | 'none'
  /**
   * What of it a pass over changes asks for: what changed since the watermark; everything; or, for a list that cannot be asked,
   * its newest rows until they are older. `moved`: what changed since the pass began, and only when everything else was read whole.
   */
  changes: 'since' | 'all' | 'newest' | 'moved'
  /** The rows are no records, but say something about those of the lists behind. */
  learn?: (known: Known, rows: Row[]) => Known
  /** What of the fields that we ask for is among all that was learned. */
  fields?: (known: Known, settings: Settings) => NonNullable<Page['fields']>
}

/** Where a pass stands. Its cursor is only good with the very filters that it was made with, so they stand here too. */
type Place = {
  phase: number
  /** Seconds precision: Pipedrive refuses fractions. Null: everything is read. */
  since: string | null
  startedAt: string
  next: string | null
  /** For lists paged by offset: the last ids of the page before, and how often it was looked for further up. */
  anchors?: string[]
  stepsBack?: number
  /** The ids of a look at single records, as the lists take them. */
  ids?: string
  /** The ids of a look that are still to be asked for one by one. */
  singly?: readonly string[]
  known: Known
  /** Where a pass goes on that broke off, once it has learned anew. */
  goesOn?: Within & { phase: number }
}

/** How much before its own beginning a pass looks for what moved between two lists while it read them: clocks differ. */
const movedSeconds = 300

const toSeconds = (instant: string, lessSeconds = 0): string =>
  `${new Date(Date.parse(instant) - lessSeconds * 1_000).toISOString().slice(0, 19)}Z`

const placeOf = (cursor: string): Place => JSON.parse(cursor) as Place

/**
 * The first cursor, the requests and the pages of a stream that reads these lists one after the other: what changed in them, or,
 * when that is due, all of them.
 */
export function chain(
  phases: readonly [Phase, ...Phase[]],
  take: (row: Row, known: Known) => unknown[] = (row) => [row],
): Pick<Stream<Settings>, 'countsUpTo' | 'begin' | 'resume' | 'look' | 'request' | 'page'> {
  return {
    countsUpTo: ({ wholeListUpTo }) => wholeListUpTo,
    ...(phases.some(({ changes }) => changes === 'since') && {
      look: (ids: readonly string[]) => {
        const asked = isAskedSingly(phases) ? { singly: ids } : { ids: ids.join() }
        const place = {
          phase: 0,
          since: null,
          startedAt: '',
          next: null,
          known: {},
          ...asked,
        } satisfies Place
        return JSON.stringify(place)
      },
    }),
    begin: (pass, settings) =>
      JSON.stringify({
        phase: 0,
        since: pass.since === null || isWholeDue(pass, settings) ? null : toSeconds(pass.since),
        startedAt: toSeconds(pass.crmStart, movedSeconds),
        next: null,
        known: {},
      } satisfies Place),
    resume: (cursor) => resumed(phases, cursor),
    request: (cursor, { pageSize }) => requestFor(phases, placeOf(cursor), pageSize),
    page: (reply, cursor, settings) => {
      const place = placeOf(cursor)
      const phase = phaseAt(phases, place)
      if (place.singly !== undefined && phase.learn === undefined)
        return single(place, place.singly, reply, take)
      const { rows, next } = readPage(phase, place, reply, settings.pageSize)
      const known = phase.learn?.(place.known, someOf(rows, phase.path)) ?? place.known
      const fields = next === null ? phase.fields?.(known, settings) : undefined
      const cursorAfter = nextCursor(phases, { ...place, known }, next)
      return {
        items: phase.learn === undefined ? rows.flatMap((row) => take(row, known)) : [],
        next: cursorAfter,
        total: null,
        ...(fields && { fields }),
        ...(phase.changes === 'moved' && { repeats: true }),
        ...(cursorAfter === null && place.since === null && !isLook(place) && { endsWhole: true }),
      } satisfies Page
    },
  }
}

/** Fields may have been taken away since a pass broke off, maybe a day ago: what it had learned is learned anew before it goes on. */
function resumed(phases: readonly Phase[], cursor: string): string {
  const { phase, next, anchors, stepsBack, goesOn, ...pass } = placeOf(cursor)
  const first = phases.findIndex(({ learn }) => learn !== undefined)
  if (first === -1 || first >= (goesOn?.phase ?? phase)) return cursor
  const place = { ...pass, phase: first, next: null, known: {} }
  return JSON.stringify({ ...place, goesOn: goesOn ?? { phase, next, anchors, stepsBack } } satisfies Place)
}

/** Lists of version 1 take no ids; and which of several lists a record stands in, or has been left out of, is no question to ask them. */
const isAskedSingly = (phases: readonly Phase[]): boolean => {
  const lists = phases.filter(({ learn, changes }) => learn === undefined && changes !== 'moved')
  return lists.length > 1 || lists.some(({ paging }) => paging === 'offset')
}

const isLook = ({ ids, singly }: Pick<Place, 'ids' | 'singly'>): boolean =>
  ids !== undefined || singly !== undefined

const record = z.looseObject({ success: z.literal(true), data: z.looseObject({}) })

/** One record of a look. One that is not there was deleted, or is hidden from us: that is left to a list of everything. One that is refused is there, or was. */
function single(
  place: Place,
  singly: readonly string[],
  { status, body }: Reply,
  take: (row: Row, known: Known) => unknown[],
): Page {
  const left = singly.slice(1)
  return {
    ...(status === 403 && { refused: singly.slice(0, 1) }),
    items: status >= 400 ? [] : take(readAs(record, body, 'a record of Pipedrive').data, place.known),
    next: left.length === 0 ? null : JSON.stringify({ ...place, singly: left } satisfies Place),
    total: null,
    repeats: true,
  }
}

const hourMs = 3_600_000

/** What was deleted is no longer listed: so a short list is read whole in every run, and a long one once a day. */
function isWholeDue({ stored = 0, lastFullAt, scanStart }: Pass, settings: Settings): boolean {
  if (stored <= settings.wholeListUpTo || lastFullAt === null) return true
  return Date.parse(scanStart) - Date.parse(lastFullAt) >= settings.wholeListHours * hourMs
}

function phaseAt(phases: readonly Phase[], { phase }: Place): Phase {
  const found = phases[phase]
  if (found === undefined) throw new Error(`a cursor of a list that is not read: ${phase}`)
  return found
}

function requestFor(phases: readonly Phase[], place: Place, pageSize: number): Request {
  const { path, query, paging, changes } = phaseAt(phases, place)
  if (place.singly !== undefined && phaseAt(phases, place).learn === undefined)
    return {
      method: 'GET',
      path: `${path}/${place.singly[0]}`,
      units: tokensOfOne(path),
      mayBeRefused: [403, 404, 410],
    }
  const asked: Record<string, string> = { ...query }
  if (paging !== 'none') asked.limit = String(pageSize)
  if (changes === 'since' && place.since !== null) asked.updated_since = place.since
  if (changes === 'moved') asked.updated_since = place.startedAt
  if (changes === 'since' && place.ids !== undefined) asked.ids = place.ids
  if (paging === 'offset') {
    asked.start = place.next ?? '0'
    asked.sort = isNewestFirst(place, changes) ? 'update_time DESC' : 'id ASC'
  } else if (place.next !== null) asked.cursor = place.next
  return { method: 'GET', path, query: asked, units: tokensOf(path) }
}

const isNewestFirst = ({ since }: Place, changes: Phase['changes']): boolean =>
  changes === 'newest' && since !== null

type Within = Pick<Place, 'next' | 'anchors' | 'stepsBack'>

function readPage(
  { paging, changes }: Phase,
  place: Place,
  { body }: Reply,
  pageSize: number,
): { rows: Row[]; next: Within | null } {
  if (paging === 'none') return { rows: readWhole(body), next: null }
  if (paging === 'cursor') {
    const { rows, next } = readCursorPage(body, pageSize)
    return { rows, next: next === null ? null : { next } }
  }
  const { rows, next } = readOffsetPage(body, place, pageSize)
  const oldest = isNewestFirst(place, changes) ? rows.at(-1)?.update_time : undefined
  const isOld = typeof oldest === 'string' && Date.parse(oldest) < Date.parse(place.since ?? '')
  return { rows, next: isOld ? null : next }
}

/** The next page of this list, else the first of the next one that this pass reads, else the end. */
function nextCursor(phases: readonly Phase[], place: Place, within: Within | null): string | null {
  const { since, startedAt, ids, singly, known, goesOn } = place
  const same = {
    since,
    startedAt,
    known,
    ...(ids !== undefined && { ids }),
    ...(singly !== undefined && { singly }),
  }
  const still = goesOn === undefined ? {} : { goesOn }
  if (within !== null) return JSON.stringify({ phase: place.phase, ...same, ...still, ...within })
  const phase = phases.findIndex(
    ({ changes, learn }, at) =>
      at > place.phase &&
      (changes !== 'moved' || (since === null && !isLook(place))) &&
      (goesOn === undefined || (learn !== undefined && at < goesOn.phase)),
  )
  if (phase !== -1) return JSON.stringify({ phase, ...same, ...still, next: null } satisfies Place)
  return goesOn === undefined ? null : JSON.stringify({ ...same, ...goesOn } satisfies Place)
}
