const form = /^(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d*))?$/

/** The currencies that this runtime knows (ISO 4217). */
export const isCurrency = (code: string): boolean => Intl.supportedValuesOf('currency').includes(code)

/**
 * An amount that a person wrote, such as `500,000` or `500000.50`, in the currency's minor unit; undefined for what is no amount, or
 * has more decimals than the currency, or is more than a database's bigint holds.
 */
export function minorUnitsOf(text: string, currency: string): bigint | undefined {
  const [, whole, fraction = ''] = form.exec(text.trim()) ?? []
  if (whole === undefined) return undefined
  const { maximumFractionDigits: places = 2 } = new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency,
  }).resolvedOptions()
  if (fraction.length > places) return undefined
  const minor = BigInt(whole.replaceAll(',', '') + fraction.padEnd(places, '0'))
  return minor < 2n ** 63n ? minor : undefined
}
