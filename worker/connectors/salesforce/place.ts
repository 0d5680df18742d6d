import type { Pass } from '../connector.ts'
import type { SalesforceSettings as Settings } from './settings.ts'

/**
 * What is read of an object, in this order. `list`: what is there or, in a pass over changes, what changed, deleted records too;
 * `bin`: what was deleted since, where the list was read whole; `due`: what became past since without being changed; `feed`: what was deleted so thoroughly that no list shows it.
 * The list of a first load that proves to be long goes on as a job (`bulk`). A look at single records describes the object and asks for these (`named`).
 */
export type Phase = 'describe' | 'list' | 'bulk' | 'bin' | 'due' | 'feed' | 'named'

/** How a field is written in JSON, where not as text. */
export type Kind = 'number' | 'boolean' | 'instant'

/**
 * Where reading in bulk stands: how many there are is asked, a job is made, asked for until it is done, and read part by part. A
 * part is asked for by its locator, which stays good as long as the job is kept (seven days).
 */
export type Bulk =
  | { step: 'count' }
  | { step: 'make'; tries: number }
  | { step: 'poll'; job: string; tries: number; polls: number }
  | { step: 'rows'; job: string; tries: number; locator: string | null; read: number; total: number }

/** Where a pass stands: no locator is kept that could be lost, only the last stamp and id that we saw. */
export type Place = {
  /** Which of the stream's objects. */
  object: number
  phase: Phase
  /** ISO 8601 in UTC, null when there was no pass before. */
  since: string | null
  /** When the pass began, by the CRM's clock. */
  now: string
  /** Everything is read, whatever changed. */
  isWhole: boolean
  /** What to ask for: the fields that the user may see. */
  columns: string[]
  /** Whether the object tells of its deletions. */
  isFed: boolean
  /** Until when the deletions were told of those objects that were read; a deletion under way may show later, with an earlier date. */
  covered?: string
  /** The last record that was read: its stamp as it came, and its id. */
  after: { stamp: string; id: string } | null
  /** Records asked for at a time of this object, where more took Salesforce too long. */
  rows?: number
  /** The ids of a look at single records. */
  ids?: string[]
  /** On a first load: rows of the list so far, and how its fields are written; gone once the list is not to be left any more. */
  listed?: number
  kinds?: Record<string, Kind>
  bulk?: Bulk
  /** A job brought some of it before. */
  isAgain?: boolean
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Salesforce forgets after 15 days what was deleted: a longer gap is closed by reading everything. */
const longestGapMs = 14 * dayMs

/** The first place of a pass. A list that was not read whole for long is read whole again. */
export function beginAt({ since, crmStart, lastFullAt }: Pass, { wholeListHours }: Settings): Place {
  const now = Date.parse(crmStart)
  const isWhole =
    since === null ||
    lastFullAt === null ||
    now - Date.parse(lastFullAt) >= wholeListHours * hourMs ||
    now - Date.parse(since) >= longestGapMs
  return {
    object: 0,
    phase: 'describe',
    since,
    now: crmStart,
    isWhole,
    columns: [],
    isFed: false,
    after: null,
  }
}

/** The first place of a look at single records. */
export function lookAt(ids: readonly string[], now: string): Place {
  return {
    object: 0,
    phase: 'describe',
    since: null,
    now,
    isWhole: false,
    columns: [],
    isFed: false,
    after: null,
    ids: [...ids],
  }
}

export const placeOf = (cursor: string): Place => JSON.parse(cursor) as Place

/** What is read of an object in this pass, in order. */
function phasesOf({ since, isWhole, now, isFed }: Place, comesDue: boolean): Phase[] {
  const began = since === null ? Infinity : Date.parse(since)
  const canLookBack = began < Date.parse(now) && Date.parse(now) - began < longestGapMs
  const phases: Phase[] = ['describe', 'list']
  if (isWhole && canLookBack) phases.push('bin')
  if (!isWhole && comesDue) phases.push('due')
  return isFed && canLookBack ? [...phases, 'feed'] : phases
}

/** Where to go on when a phase has ended; null at the end of the last object. `comesDue`: whether this one has such records. */
export function nextPhase(place: Place, comesDue: boolean, objects: number): Place | null {
  const phases = phasesOf(place, comesDue)
  const phase = phases[phases.indexOf(place.phase === 'bulk' ? 'list' : place.phase) + 1]
  return phase === undefined ? nextObject(place, objects) : { ...withoutBulk(place), phase, after: null }
}

/** The place without what is known of the list of a first load alone. */
export function withoutBulk(place: Place): Place {
  const { bulk: _, listed: _listed, kinds: _kinds, isAgain: _isAgain, ...rest } = place
  return rest
}

/** The beginning of the next object; null when this was the last. */
export function nextObject(place: Place, objects: number): Place | null {
  const object = place.object + 1
  const { rows: _, ...same } = withoutBulk(place)
  return object < objects
    ? { ...same, object, phase: 'describe', columns: [], isFed: false, after: null }
    : null
}
