import type { FieldMapping, MappableField } from '../../drizzle/schema/field-mappings.ts'

/** Our fields as people say them, and what else happens where the CRM has none. */
export const fieldWords: Record<MappableField, { word: string; without: string; form: string }> = {
  market: { word: 'Market', without: 'Deals have no market.', form: 'no text' },
  units: { word: 'Units', without: 'Deals have no units.', form: 'no whole number' },
  weightedFee: { word: 'Weighted fee', without: 'Deals have no weighted fee.', form: 'no amount' },
  likely: {
    word: 'Likely %',
    without: 'The CRM’s own probability counts, or else that of the stage.',
    form: 'no percentage',
  },
}

/** A mapping in plain words, for logs: each field with the CRM's, `none` where there is none. */
export function mappingFacts({
  market,
  units,
  weightedFee,
  likely,
  custom,
}: FieldMapping): Record<string, string> {
  const further = Object.entries(custom).map(([name, field]) => `${name} = ${field}`)
  return {
    market: market ?? 'none',
    units: units ?? 'none',
    weighted_fee: weightedFee ?? 'none',
    likely: likely ?? 'none',
    further_fields: further.toSorted().join(', ') || 'none',
  }
}

/** A value of a field of the CRM's as it is stored, and how many deals have it. */
export type FieldValue = { value: unknown; currency: string; count: number }

/** What becomes of the values of a field. */
export type FieldPreview = {
  filled: number
  example: string | null
  unreadable: number
  oddExample: string | null
}

/** Counts what a field would give, each value read as a sync reads it; without `read` as it is. */
export function previewOf(
  values: readonly FieldValue[],
  read: (value: unknown, currency: string) => unknown = (value) => value,
): FieldPreview {
  const preview: FieldPreview = { filled: 0, example: null, unreadable: 0, oddExample: null }
  for (const { value, currency, count } of values) {
    const meant = read(value, currency)
    if (meant === null) continue
    if (meant === undefined) {
      preview.unreadable += count
      preview.oddExample ??= shown(value)
    } else {
      preview.filled += count
      preview.example ??= shown(value)
    }
  }
  return preview
}

const longestExample = 40

/** A stored value as people recognise it. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > longestExample ? `${text.slice(0, longestExample - 1)}…` : text
}
