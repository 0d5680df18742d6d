/** A field of the CRM's under the name that the tenant gave it, and its value in words. */
export type FurtherField = { name: string; value: string }

/** The further fields of a deal that have a value, in the order of `names`. */
export function furtherFields(
  custom: Readonly<Record<string, unknown>>,
  names: readonly string[],
): FurtherField[] {
  return names.flatMap((name) => {
    const value = Object.hasOwn(custom, name) ? valueWords(custom[name]) : null
    return value === null ? [] : [{ name, value }]
  })
}

/** A value of a CRM's as people read it; null where it says nothing. */
export function valueWords(value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  if (Array.isArray(value)) return value.map(valueWords).filter(Boolean).join(', ') || null
  return typeof value === 'string' ? value : JSON.stringify(value)
}
