/** What an address says for one time: a place in the list, and what the last deed came to. No link and no form carries it along. */
export const fleeting: ReadonlySet<string> = new Set(['after', 'seen', 'said', 'typed', 'gone', 'done'])

/** The same page with some of its parameters changed (`null` takes one away), from its beginning. Empty ones are left out. */
export function addressWith(search: URLSearchParams, changes: Record<string, string | null>): string {
  const next = new URLSearchParams([...search].filter(([name, value]) => value !== '' && !fleeting.has(name)))
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name)
    if (value !== null) next.set(name, value)
  }
  return `?${next.toString()}`
}

/** How many rows stood on the pages before, as the address says. */
export function seenOf(search: URLSearchParams): number {
  const seen = search.get('after') === null ? 0 : Number(search.get('seen'))
  return Number.isSafeInteger(seen) && seen > 0 ? seen : 0
}

/** Where the list goes on. */
export function nextAddress(search: URLSearchParams, next: string | null, seen: number): string | null {
  return next === null ? null : addressWith(search, { after: next, seen: String(seen) })
}
