import { sql, type SQL } from 'drizzle-orm'

/** What rows are ordered by: a value that is never null, its type, and which end comes first. */
export type SortKey = { value: SQL; type: keyof typeof forms; isDescending?: boolean }

/** What a value of each type looks like when it comes back in an address. */
const forms = {
  boolean: /^(true|false)$/,
  bigint: /^-?\d{1,18}$/,
  numeric: /^-?\d{1,18}(\.\d{1,9})?$/,
  text: /^[^\0]{0,1000}$/s,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  date: /^\d{4}-\d{2}-\d{2}$/,
  timestamptz: /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?[+-]\d{2}(:\d{2})?$/,
} as const

/** The values of a row's keys: where a list goes on after it. */
export type Place = string[]

export function orderBy(keys: readonly SortKey[]): SQL {
  const terms = keys.map(({ value, isDescending }) => (isDescending ? sql`${value} desc` : value))
  return sql`order by ${sql.join(terms, sql`, `)}`
}

/** The order of a value that may be missing, as keys have it that ask for that first, and as an index has it. */
export function nullsLast(value: SQL, isDescending: boolean): SQL {
  return sql`order by ${value} ${isDescending ? sql`desc` : sql`asc`} nulls last`
}

/** The keys of a row, as text. */
export function placeOf(keys: readonly SortKey[]): SQL {
  const texts = keys.map(({ value }) => sql`(${value})::text`)
  return sql`array[${sql.join(texts, sql`, `)}]`
}

/** True of the rows that come after this place. */
export function after(keys: readonly SortKey[], place: Place): SQL {
  return keys.reduceRight<SQL>(
    (rest, { value, type, isDescending }, index) => {
      const at = sql`${place[index]}::${sql.raw(type)}`
      const beyond = isDescending ? sql`${value} < ${at}` : sql`${value} > ${at}`
      return sql`(${beyond} or (${value} = ${at} and ${rest}))`
    },
    sql`false`,
  )
}

/** A place as it stands in an address. */
export function writePlace(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

/** The place that an address names; undefined when it is none of this order, so that the list begins at its beginning. */
export function readPlace(keys: readonly SortKey[], text: string | null): Place | undefined {
  if (text === null || text.length > 4_000) return undefined
  const place = parsed(text)
  if (!Array.isArray(place) || place.length !== keys.length) return undefined
  const fits = keys.every(({ type }, index) => {
    const value: unknown = place[index]
    return typeof value === 'string' && value.isWellFormed() && forms[type].test(value)
  })
  return fits ? (place as Place) : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    return undefined
  }
}
