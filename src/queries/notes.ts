import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { daysLater, startOfDay } from '../domain/days.ts'
import { after, placeOf, readPlace, writePlace, type Place, type SortKey } from './keyset.ts'
import { authorOf, mentions, writtenBy } from './note-match.ts'
import { walk } from './walk.ts'

/** What the list stands on: the connections that can answer, and where the workspace's days begin. */
export type NoteScope = { connectionIds: string[]; timeZone: string }

export type NoteFilters = {
  /** One note alone, shown at its full length. */
  id?: string | undefined
  /** Words and phrases that must all be found. */
  terms: string[]
  author?: string | undefined
  /** Days of the workspace's calendar, both included. */
  from?: string | undefined
  to?: string | undefined
}

export type NoteRow = {
  id: string
  opportunityId: string | null
  contactId: string | null
  at: Date | null
  author: string | null
  candidate: string | null
  /** The connection it came from. */
  source: string
  /** As the CRM sent it, cut at `longestBody`. */
  body: string
  /** The length of all of it. */
  length: number
}

export type NotesPage = {
  rows: NoteRow[]
  /** How many match after the place where this page begins, as far as was looked. */
  found: number
  /** All notes were looked at, and `found` is exact. */
  isExact: boolean
  /** How far back was looked when not all was; null when nothing was looked at. */
  lookedBackTo: Date | null
  /** Where the list goes on; null at its end. */
  next: string | null
}

/** More of a note than this is not shown in a list, and not where it stands alone or in a file. */
export const longestBody = 32_768
const longestAlone = 262_144

/** Counting goes no further than this. */
const mostCounted = 10_000

/** A search looks at notes for about so long, newest first, and then says how far it came. */
const budgetMs = 60
/** What one look takes at most, and the first one, which tells how fast it goes here. */
const mostInLook = 16_000
const firstLook = 2_000

/**
 * Notes, newest first; those without a date come last. Without a search they are read by their index. A search looks at the
 * notes themselves, newest first, until its time is up: under a policy for rows Postgres uses no index of words
 * (docs/decisions/018-notes-are-searched-one-by-one.md).
 */
export async function readNotes(
  tx: Tx,
  scope: NoteScope,
  filters: NoteFilters,
  { most, from }: { most: number; from: string | null },
): Promise<NotesPage> {
  const start = readPlace(datedKeys, from) ?? readPlace(undatedKeys, from)
  const isSearch = filters.terms.length > 0 || filters.author !== undefined
  return isSearch ? search(tx, scope, filters, most, start) : list(tx, scope, filters, most, start)
}

/** All notes that match, newest first, as of one moment. */
export async function* walkNotes(tx: Tx, scope: NoteScope, filters: NoteFilters): AsyncGenerator<NoteRow[]> {
  const found = sql`select n.* from (${within(scope, filters)}) n where ${matches(filters)} ${newest}`
  for await (const rows of walk<Stored>(tx, shown(found, longestAlone))) yield rows.map(noteRow)
}

/** Who wrote the newest notes, by name. */
export async function readAuthors(tx: Tx, { connectionIds }: NoteScope): Promise<string[]> {
  const { rows } = await tx.execute<{ author: string }>(sql`
    select distinct author from (
      select ${authorOf} as author from (
        select tenant_id, author, owner_id from notes n where ${present(connectionIds)} ${newest} limit 2000) n) a
    where author is not null order by author limit 200`)
  return rows.map(({ author }) => author)
}

async function list(
  tx: Tx,
  scope: NoteScope,
  filters: NoteFilters,
  most: number,
  start: Place | undefined,
): Promise<NotesPage> {
  const { rows } = await tx.execute<Stored>(
    shown(rest(scope, filters, start, most + 1), filters.id === undefined ? longestBody : longestAlone),
  )
  const { rows: counted } = await tx.execute<{ count: string }>(
    sql`select count(*) from (${rest(scope, filters, start, mostCounted + 1)}) c`,
  )
  const found = Number(counted[0]?.count)
  const last = rows.length > most ? rows[most - 1] : undefined
  return {
    rows: rows.slice(0, most).map(noteRow),
    found: Math.min(found, mostCounted),
    isExact: found <= mostCounted,
    lookedBackTo: null,
    next: last === undefined ? null : writePlace(last.place),
  }
}

async function search(
  tx: Tx,
  scope: NoteScope,
  filters: NoteFilters,
  most: number,
  start: Place | undefined,
): Promise<NotesPage> {
  const startedMs = performance.now()
  const found: Stored[] = []
  let count = 0
  let looked = 0
  let at = start
  let isExact = false
  for (let size = firstLook; !isExact && size > 0;) {
    const part = await look(tx, scope, filters, at, size, most + 1 - found.length)
    found.push(...part.found)
    count += part.count
    looked += part.looked
    isExact = part.looked < size
    at = part.last ?? at
    // As many more as the time that is left allows at this pace; so few that they are not worth asking for end it.
    const spentMs = performance.now() - startedMs
    const left = Math.min(mostInLook, Math.floor((looked * (budgetMs - spentMs)) / spentMs))
    size = left < firstLook / 2 ? 0 : left
  }
  const full = found.length > most ? found[most - 1]?.place : undefined
  const next = full ?? (isExact ? undefined : at)
  return {
    rows: found.slice(0, most).map(noteRow),
    found: count,
    isExact,
    lookedBackTo: isExact || at?.length !== 2 ? null : new Date(at[0] ?? ''),
    next: next === undefined ? null : writePlace(next),
  }
}

type Part = { looked: number; count: number; last: Place | null; found: Stored[] }

/** Looks at the next `size` notes in order: how many match, the first of those, and where the looking ended. Of the others nothing is kept. */
async function look(
  tx: Tx,
  scope: NoteScope,
  filters: NoteFilters,
  start: Place | undefined,
  size: number,
  most: number,
): Promise<Part> {
  const { rows } = await tx.execute<Part>(sql`
    with seen as materialized (select n.id, n.noted_at, ${matches(filters)} as is_match from (${rest(scope, filters, start, size)}) n),
    found as (select n.* from notes n where n.id in (select s.id from seen s where s.is_match order by s.noted_at desc nulls last, s.id limit ${Math.max(0, most)}))
    select (select count(*)::int from seen) as looked, (select count(*)::int from seen where is_match) as count,
      (select ${placeOfNote} from seen n order by n.noted_at nulls first, n.id desc limit 1) as last,
      (select coalesce(json_agg(f), '[]') from (${shown(sql`select * from found`)}) f) as found`)
  const [part] = rows
  if (part === undefined) throw new Error('the search of notes gave no row')
  return part
}

type Stored = {
  id: string
  opportunity_id: string | null
  contact_id: string | null
  noted_at: string | null
  author: string | null
  candidate: string | null
  source: string
  body: string
  length: number
  place: Place
}

const newest = sql`order by n.noted_at desc nulls last, n.id`

const datedKeys: SortKey[] = [
  { value: sql`n.noted_at`, type: 'timestamptz', isDescending: true },
  { value: sql`n.id`, type: 'uuid' },
]
const undatedKeys: SortKey[] = [{ value: sql`n.id`, type: 'uuid' }]
const placeOfNote = sql`case when n.noted_at is null then ${placeOf(undatedKeys)} else ${placeOf(datedKeys)} end`

const present = (connectionIds: string[]) =>
  sql`n.connection_id = any(${sql.param(connectionIds)}::uuid[]) and n.deleted_at is null`

/** The notes of the period. */
function within({ connectionIds, timeZone }: NoteScope, { id, from, to }: NoteFilters): SQL {
  return sql`select n.* from notes n where ${present(connectionIds)}
    ${id === undefined ? sql`` : sql`and n.id = ${id}::uuid`}
    ${from === undefined ? sql`` : sql`and n.noted_at >= ${startOfDay(from, timeZone)}`}
    ${to === undefined ? sql`` : sql`and n.noted_at < ${startOfDay(daysLater(to, 1), timeZone)}`}`
}

/** The next `size` notes of the period after a place. The undated ones are asked for apart, so that each half walks the index. */
function rest(scope: NoteScope, filters: NoteFilters, start: Place | undefined, size: number): SQL {
  const all = within(scope, filters)
  const part = (condition: SQL) => sql`(${all} and ${condition} ${newest} limit ${size})`
  if (start === undefined) return part(sql`true`)
  if (start.length === 1) return part(sql`n.noted_at is null and ${after(undatedKeys, start)}`)
  const dated = part(sql`n.noted_at <= ${start[0]}::timestamptz and ${after(datedKeys, start)}`)
  return sql`select n.* from (${dated} union all ${part(sql`n.noted_at is null`)}) n ${newest} limit ${size}`
}

function matches({ terms, author }: NoteFilters): SQL {
  return sql`${mentions(terms)} and ${author === undefined ? sql`true` : writtenBy(author)}`
}

/** Notes as they are shown, with the names around them. */
function shown(found: SQL, length = longestBody): SQL {
  return sql`
    select n.id, n.opportunity_id, n.contact_id, n.noted_at, ${authorOf} as author, nullif(concat_ws(' ', c.first_name, c.last_name), '') as candidate,
      k.name as source, coalesce(left(n.body, ${length}::int), '') as body, coalesce(length(n.body), 0) as length, ${placeOfNote} as place
    from (${found}) n
    join connections k on k.tenant_id = n.tenant_id and k.id = n.connection_id
    left join contacts c on c.tenant_id = n.tenant_id and c.id = n.contact_id and c.deleted_at is null
    ${newest}`
}

function noteRow(row: Stored): NoteRow {
  const {
    id,
    opportunity_id: opportunityId,
    contact_id: contactId,
    author,
    candidate,
    source,
    body,
    length,
  } = row
  const at = row.noted_at === null ? null : new Date(row.noted_at)
  return { id, opportunityId, contactId, at, author, candidate, source, body, length }
}
