import { sql, type SQL } from 'drizzle-orm'

/** True of the notes `n` that hold every term, in their text or in their author's name, in whatever case. */
export function mentions(terms: readonly string[]): SQL {
  if (terms.length === 0) return sql`true`
  return sql.join(terms.map(mentionsOne), sql` and `)
}

/** Who wrote the note `n`: its own word for it, else the owner it belongs to. */
export const authorOf = sql`coalesce(n.author, (select w.name from owners w where w.tenant_id = n.tenant_id and w.id = n.owner_id and w.deleted_at is null))`

/** True of the notes `n` by this author. */
export function writtenBy(author: string): SQL {
  return sql`(n.author = ${author} or (n.author is null and n.owner_id in (select id from owners where name = ${author} and deleted_at is null)))`
}

/**
 * A text without markup is compared as it stands. Of the others, those that hold the longest plain word are stripped of their
 * tags and compared then: stripping costs ten times as much as looking.
 */
function mentionsOne(term: string): SQL {
  const wanted = containing(term)
  const words = term.match(/[a-z0-9]+/gi) ?? []
  const longest = words.toSorted((a, b) => b.length - a.length)[0]
  const isPlainWord = longest === term
  const text = sql`case when ${isPlainWord ? sql`` : sql`n.body ~ '\\s\\s|[\\n\\t]' or`} strpos(n.body, '<') > 0 or strpos(n.body, '&') > 0 then ${stripped} else n.body end`
  const inBody = sql`${longest === undefined ? sql`true` : sql`n.body ilike ${containing(longest)}`} and ${text} ilike ${wanted}`
  const byOwner = sql`n.author is null and n.owner_id in (select id from owners where name ilike ${wanted} and deleted_at is null)`
  return sql`((${inBody}) or n.author ilike ${wanted} or (${byOwner}))`
}

/** `%` and `_` stand for themselves. */
function containing(text: string): string {
  return `%${text.replaceAll(/\s+/g, ' ').replaceAll(/[\\%_]/g, '\\$&')}%`
}

/** The note's words: tags within a word vanish, others part words; the entities that CRMs write are read. */
const stripped = [
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#39;', "'"],
  ['&apos;', "'"],
  ['&ndash;', '–'],
  ['&mdash;', '—'],
  ['&rsquo;', '’'],
  ['&amp;', '&'],
].reduce<SQL>(
  (text, [entity, character]) => sql`replace(${text}, ${entity}, ${character})`,
  sql`regexp_replace(regexp_replace(regexp_replace(left(n.body, 262144), '</?(a|b|i|u|s|em|strong|small|span|code|font)(\\s[^>]*)?>', '', 'gi'),
    '<[^>]*>', ' ', 'g'), '(\\s|&nbsp;|&#160;)+', ' ', 'g')`,
)
