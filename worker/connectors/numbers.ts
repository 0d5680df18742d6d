/** A whole number as text; null for empty, `undefined` for anything else. A fraction of nothing but zeros is none. */
export function wholeNumber(digits: string): number | null | undefined {
  if (digits === '') return null
  return /^\d{1,9}(\.0+)?$/.test(digits) ? Number.parseInt(digits, 10) : undefined
}

/** `"80"` or `"80 %"` as `"0.8000"`; null for empty, `undefined` for what is no percentage. */
export function percent(words: string): string | null | undefined {
  if (words === '') return null
  const match = /^(\d{1,3})(?:\.(\d{1,2}))?\s*%?$/.exec(words)
  const share = match === null ? Number.NaN : Number(`${match[1]}.${match[2] ?? 0}`) / 100
  return share <= 1 ? share.toFixed(4) : undefined
}

/** `"0.8"` as `"0.8000"`; null for empty, `undefined` for what is no share of one. */
export function share(words: string): string | null | undefined {
  if (words === '') return null
  const number = /^\d(\.\d{1,17})?$/.test(words) ? Number(words) : Number.NaN
  return number <= 1 ? number.toFixed(4) : undefined
}

/** The count in a header; null where there is none. */
export const countIn = (header: string | string[] | undefined): number | null =>
  typeof header === 'string' && /^\d{1,12}$/.test(header) ? Number(header) : null
