import type { Pass } from '../connector.ts'
import type { SalesforceSettings as Settings } from './settings.ts'

/**
 * What is read of an object, in this order. `list`: what is there or, in a pass over changes, what changed, deleted records too;
 * `bin`: what was deleted since, where the list was read whole; `due`: what became past since without being changed; `feed`: what was deleted so thoroughly that no list shows it.
 * A look at single records describes the object and asks for these (`named`).
 */
export type Phase = 'describe' | 'list' | 'bin' | 'due' | 'feed' | 'named'

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
  /** The last record that was read: its stamp as it came, and its id. */
  after: { stamp: string; id: string } | null
  /** The ids of a look at single records. */
  ids?: string[]
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
export function lookAt(ids: readonly string[]): Place {
  return {
    object: 0,
    phase: 'describe',
    since: null,
    now: '',
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
  const phase = phases[phases.indexOf(place.phase) + 1]
  return phase === undefined ? nextObject(place, objects) : { ...place, phase, after: null }
}

/** The beginning of the next object; null when this was the last. */
export function nextObject(place: Place, objects: number): Place | null {
  const object = place.object + 1
  return object < objects
    ? { ...place, object, phase: 'describe', columns: [], isFed: false, after: null }
    : null
}
