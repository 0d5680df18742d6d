import { isDeepStrictEqual } from 'node:util'
import type { Client, Stored } from '../worker/arrange.ts'
import type { Copies } from '../worker/copy.ts'
import { crmName } from './mischief.ts'

/** One field that says something else than the CRM; `field` is `*` for a row that is missing or should not be there. */
export type Difference = { table: string; id: string; field: string; stored: unknown; expected: unknown }

/** Every difference between what is stored and what the CRM shows, by table, id and field. */
export function differencesOf({ stored, expected }: Copies): Difference[] {
  return Object.entries(expected).flatMap(([table, rows]) => {
    const there = rowsById(stored[table] ?? [])
    const meant = rowsById(rows)
    return [...new Set([...there.keys(), ...meant.keys()])].flatMap((id) =>
      fieldsOf(there.get(id), meant.get(id)).map((difference) => ({ table, id, ...difference })),
    )
  })
}

const rowsById = (rows: Stored[]) => new Map(rows.map((row) => [nameOf(row), row]))

/** Leads of HubSpot have an id that the facts do not hold: whose they are and since when, because the leads of two people who were merged are that one's. */
const nameOf = ({ source_id: id, contact, source_created_at: createdAt, ...rest }: Stored): string => {
  if (typeof id === 'string') return id
  return typeof contact === 'string' ? `of ${contact} since ${String(createdAt)}` : JSON.stringify(rest)
}

function fieldsOf(stored: Stored | undefined, expected: Stored | undefined) {
  if (stored === undefined || expected === undefined) return [{ field: '*', stored, expected }]
  return Object.keys(expected)
    .filter((field) => !isDeepStrictEqual(stored[field], expected[field]))
    .map((field) => ({ field, stored: stored[field], expected: expected[field] }))
}

/** Which streams a relation needs besides its own. */
const relations: Record<string, string[]> = {
  contact: ['contacts', 'leads'],
  company: ['companies'],
  owner: ['owners'],
  stage: ['stages'],
  opportunity: ['opportunities'],
}
const hour = 3_600_000

/**
 * What a CRM tells late, or not at all until a whole list is read, in hours after the moment that a stream says it is fresh as of; as the
 * connectors document it. All else has to be there at once.
 */
const late: Record<string, (difference: Difference, settings: Stored) => number> = {
  // Archived records are listed once a day; associations change no stamp, and are read again with the weekly whole list.
  hubspot: ({ table, field, expected }) => {
    // The stand-in's leads go, unarchived, when their person becomes a customer.
    if (field === '*' && expected === undefined) return table === 'leads' ? 8 * 24 : 26
    // The stand-in calls a deal by its person's name of the moment, and stamps no deal when that changes.
    if (table === 'opportunities' && field === 'title') return 8 * 24
    const isLink = field === 'opportunity' || field === 'contact'
    return isLink && (table === 'notes' || table === 'activities') ? 8 * 24 : 0
  },
  // Where lists are asked for what changed, what is no longer listed is missed from the daily whole list. Deleted deals have a list of their own.
  pipedrive: ({ table, field, expected }, { wholeListUpTo }) => {
    if (wholeListUpTo !== 0) return 0
    // The stand-in's deals are with the company that their person is with, and get no stamp when that changes.
    if (table === 'opportunities') return field === 'company' ? 26 : 0
    // Who is merged hands over what was noted and planned without a new stamp.
    if (field === 'contact') return table === 'notes' || table === 'activities' ? 26 : 0
    return field === '*' && expected === undefined ? 26 : 0
  },
}

/** Until when each stream says it is complete. */
export type Fresh = Record<string, unknown>

type Standing = { sinceMs: number; expected: string; isTold?: true }

/**
 * Holds a copy to its word: what a CRM showed at the moment a stream says it is fresh as of is here. Differences are no fault as long as
 * their stream says it is older than they are.
 */
export class Witness {
  readonly #lateHours: (difference: Difference) => number
  #standing = new Map<string, Standing>()

  constructor(client: Client, settings: Stored) {
    const known = late[crmName(client)]
    this.#lateHours = (difference) => known?.(difference, settings) ?? 0
  }

  /** What is still as wrong as it was when first seen is wrong since then; all else since `shownMs`. */
  judge(differences: Difference[], fresh: Fresh, shownMs: number): string[] {
    const before = this.#standing
    this.#standing = new Map()
    return differences.flatMap((difference) => {
      const { table, id, field, expected } = difference
      const key = `${table} ${id} ${field}`
      const known = before.get(key)
      const text = JSON.stringify(expected) ?? 'nothing'
      const isNew = known === undefined || known.expected !== text
      const sinceMs = isNew ? shownMs : known.sinceMs
      const lateMs = this.#lateHours(difference) * hour
      const isOwed = freshMs(fresh, difference) >= sinceMs + lateMs
      const wasTold = !isNew && known.isTold === true
      this.#standing.set(key, { sinceMs, expected: text, ...((isOwed || wasTold) && { isTold: true }) })
      return isOwed && !wasTold ? [sentence(difference, sinceMs)] : []
    })
  }
}

/** Relations are as fresh as the oldest of what they relate. ClientTether's contacts are a table of its stream of leads. */
const freshMs = (fresh: Fresh, { table, id, field }: Difference): number => {
  // Leads of HubSpot and of Pipedrive are told apart by whose they are.
  const isByContact = id.startsWith('of ') || (table === 'leads' && field === '*')
  const related = isByContact ? relations.contact : relations[field]
  return Math.min(
    ...[table, ...(related ?? [])].map((name) => instantOf(fresh[name] ?? fresh[own[name] ?? ''])),
  )
}

const own: Record<string, string> = { contacts: 'leads' }

/** In milliseconds; of a stream that was never read to its end, before all time. */
export const instantOf = (value: unknown): number =>
  typeof value === 'string' ? Date.parse(value) : -Infinity

/** A difference in words, with both values. */
export const sentence = (difference: Difference, sinceMs?: number): string => {
  const { table, id, field, stored, expected } = difference
  const since = sinceMs === undefined ? '' : ` since ${new Date(sinceMs).toISOString()}`
  return `${table} ${id} ${field}: ${JSON.stringify(stored)} is stored, ${JSON.stringify(expected)} is true${since}`
}
