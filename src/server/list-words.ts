import { count } from '../format.ts'

/** How much of a list a page shows. */
export type Shown = {
  /** Rows on the pages before. */
  seen: number
  rows: number
  /** Rows from the beginning of this page to the end of the list. */
  rest: number
  /** False where counting was ended early. */
  isExact: boolean
}

/** "50 of 1,284", "51 to 100 of 1,284", "50 of more than 10,000". */
export function rangeInWords({ seen, rows, rest, isExact }: Shown): string {
  const range = seen === 0 ? count(rows) : `${count(seen + 1)} to ${count(seen + rows)}`
  return `${range} of ${isExact ? '' : 'more than '}${count(seen + rest)}`
}

/** The same for a list that still shows the pages before: "100 of 1,284". */
export function shownInWords({ seen, rows, rest, isExact }: Shown): string {
  return rangeInWords({ seen: 0, rows: seen + rows, rest: seen + rest, isExact })
}
