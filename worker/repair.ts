/** Longest text that is kept in a row; the whole is in the snapshot. */
export const longestText = 256 * 1024

/**
 * A copy of a parsed JSON value that Postgres can store: NUL (which text and jsonb refuse) and lone surrogates (which are no
 * characters) become U+FFFD. `repairs` names each field concerned; the bytes as they came stay in the snapshot.
 */
export function repair(value: unknown): { value: unknown; repairs: string[] } {
  const repairs: string[] = []
  return { value: mend(value, '', repairs), repairs }
}

function mend(value: unknown, path: string, repairs: string[]): unknown {
  if (typeof value === 'string') return mendText(value, path, repairs)
  if (Array.isArray(value)) return value.map((inner, index) => mend(inner, `${path}[${index}]`, repairs))
  if (typeof value !== 'object' || value === null) return value
  // `fromEntries` makes a key named __proto__ a mere key.
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      mendText(key, path, repairs),
      mend(inner, path === '' ? key : `${path}.${key}`, repairs),
    ]),
  )
}

function mendText(text: string, path: string, repairs: string[]): string {
  let mended = text
  if (mended.includes('\0')) {
    repairs.push(`${path}: NUL replaced`)
    mended = mended.replaceAll('\0', '\uFFFD')
  }
  if (!mended.isWellFormed()) {
    repairs.push(`${path}: broken character replaced`)
    mended = mended.toWellFormed()
  }
  return mended
}

/** Cuts texts that are too long for a row, in place and never in the middle of a character. Returns what was cut. */
export function shortenRows(rows: Record<string, object>): string[] {
  const repairs: string[] = []
  for (const row of Object.values(rows) as Record<string, unknown>[]) {
    for (const [column, text] of Object.entries(row)) {
      if (typeof text !== 'string' || text.length <= longestText) continue
      row[column] = text.slice(0, longestText).toWellFormed()
      repairs.push(`${column}: shortened from ${text.length} characters`)
    }
  }
  return repairs
}
