import { StreamError } from '../../errors.ts'
import type { Pass } from '../connector.ts'
import type { HubSpotSettings } from './settings.ts'

// A pass goes through the object types of its stream. Of each it reads which properties there are, where ours may be missing; the list
// (the first time, and once a week) or what a search finds by the instant of the last change; once a day the list of archived records; and last HubSpot's own count.
// The search index lags, archiving and associations leave that instant as it is, and a search ends at the ten thousandth record.
// (The search guide and "Using object APIs" at https://developers.hubspot.com/docs, read 2026-11-20)

/** What the account says of itself. */
export type Account = { timeZone: string; currency: string }

/** Where a pass stands. Instants are milliseconds since 1970, by HubSpot's clock. */
export type Place = {
  step: 'account' | 'properties' | 'list' | 'search' | 'archived' | 'count' | 'named' | 'gone'
  /** Which of the stream's object types. */
  type: number
  /** Where the search begins; null: the whole list is read. */
  since: number | null
  start: number
  /** Whether archived records are read too. */
  archived: boolean
  /** Whether a list of everything was read of every type so far. */
  whole: boolean
  /** How many records HubSpot counted in the types before. */
  counted: number
  /** How many records the list of this type has given; a search gives none to count. */
  listed?: number
  account?: Account
  after?: string
  /** The window of a search; without `to` it is open. */
  from?: number
  to?: number
  /** Of a window of one instant: where the window ends that it was taken out of, if that has an end. */
  until?: number
  /** How many records the window held when its first page was read, and how often it had to be read anew. */
  total?: number
  anew?: number
  /** Of a look at single records: the ids that are still to be looked at, by object type. */
  named?: Record<string, string[]>
}

export const readPlace = (cursor: string): Place => JSON.parse(cursor) as Place
export const writePlace = (place: Place): string => JSON.stringify(place)

const dayMs = 86_400_000

/** The first place of a pass, before it is said what is asked first. */
export function begin({ crmStart, since, lastFullAt }: Pass, { fullListDays }: HubSpotSettings): Place {
  const start = Date.parse(crmStart)
  const isOverdue = lastFullAt !== null && start - Date.parse(lastFullAt) > fullListDays * dayMs
  const from = since === null || isOverdue ? null : Date.parse(since)
  const isNewDay = since !== null && Math.floor(Date.parse(since) / dayMs) < Math.floor(start / dayMs)
  const archived = lastFullAt !== null && (isNewDay || from === null)
  return { step: 'list', type: 0, since: from, start, archived, whole: from === null, counted: 0 }
}

/** The beginning of an object type's records. */
export function ofType({ since, start, archived, whole, counted, account }: Place, type: number): Place {
  const same = { type, since, start, archived, whole, counted, ...(account && { account }) }
  return since === null ? { ...same, step: 'list', listed: 0 } : { ...same, step: 'search', from: since }
}

/** The first place of a look at single records. */
export function lookAt(named: Record<string, string[]>, asksAccount: boolean): Place {
  return {
    step: asksAccount ? 'account' : 'named',
    type: 0,
    since: null,
    start: 0,
    archived: false,
    whole: false,
    counted: 0,
    named,
  }
}

/** What follows on the list or the search of a type. */
export function afterRecords(place: Place): Place {
  const { type, since, start, archived, whole, counted, listed, account } = place
  const same = { type, since, start, archived, whole, counted, ...(account && { account }) }
  const step = archived && place.step !== 'archived' ? 'archived' : 'count'
  return { ...same, ...(listed !== undefined && { listed }), step }
}

/** As much of its count may HubSpot owe a list: its index counts for some moments what was archived meanwhile. */
const mostOwed = 0.05

/**
 * Refuses a list that gave clearly fewer records of a type than HubSpot counts: it ended too early, and what it kept from us would be
 * missed for a week. Throws `StreamError` (`E_SHORT_READ`).
 */
export function refuseShort({ listed }: Place, type: string, total: number): void {
  if (listed === undefined || total <= listed) return
  const owed = total - listed
  if (listed > 0 && (owed === 1 || owed <= mostOwed * total)) return
  throw new StreamError(
    'E_SHORT_READ',
    `HubSpot counts ${total} ${type} and listed ${listed}: its list ended too early, and the next run reads it from its beginning`,
  )
}
