/** What stands between thousands and before decimals. */
export type NumberSigns = { group: string; decimal: string }

/** The currencies that this runtime knows (ISO 4217). */
export const isCurrency = (code: string): boolean => Intl.supportedValuesOf('currency').includes(code)

/**
 * An amount that a person wrote, such as `500,000` or `500000.50` where those are the signs, in the currency's minor unit; undefined
 * for what is no amount, or has more decimals than the currency, or is more than a database's bigint holds.
 */
export function minorUnitsOf(text: string, currency: string, signs: NumberSigns): bigint | undefined {
  const [, whole, fraction = ''] = formOf(signs).exec(asPrinted(text)) ?? []
  if (whole === undefined) return undefined
  const { maximumFractionDigits: places = 2 } = new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency,
  }).resolvedOptions()
  if (fraction.length > places) return undefined
  const minor = BigInt(whole.replaceAll(signs.group, '') + fraction.padEnd(places, '0'))
  return minor < 2n ** 63n ? minor : undefined
}

function formOf({ group, decimal }: NumberSigns): RegExp {
  return new RegExp(`^(\\d{1,3}(?:${RegExp.escape(group)}\\d{3})+|\\d+)(?:${RegExp.escape(decimal)}(\\d*))?$`)
}

/** No keyboard has the space and the apostrophe that print sets between thousands. */
const asPrinted = (text: string) => text.trim().replaceAll(/\s/g, '\u00a0').replaceAll("'", '’')
