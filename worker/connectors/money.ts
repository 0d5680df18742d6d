const digitsOf = new Map<string, number>()

/** How many decimals a currency has (ISO 4217), from the runtime's own tables. Throws `RangeError` for what is no currency code. */
export function currencyDigits(currency: string): number {
  let digits = digitsOf.get(currency)
  if (digits === undefined) {
    digits =
      new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ??
      2
    digitsOf.set(currency, digits)
  }
  return digits
}

/** Signs that name one currency; many write a dollar sign before whatever money they use. */
const signs: Record<string, string> = { '€': 'EUR', '£': 'GBP' }

const amountForm = /^([-+]?)(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d+))?$/

/**
 * An amount such as `"$90,000"`, `"90000.5"` or `""` in minor units, exactly; null for empty, which is not zero.
 * Returns `undefined` when the text is not an amount (also `NaN`, `1e5` and `1.234,56`), or has decimals its currency lacks,
 * or the sign of another one.
 */
export function minorUnits(text: string, currency: string): bigint | null | undefined {
  const bare = text.replaceAll(/[\s$€£]/g, '')
  for (const [sign, meant] of Object.entries(signs))
    if (meant !== currency && text.includes(sign)) return undefined
  if (bare === '') return null
  const [, sign, whole, fraction = ''] = amountForm.exec(bare) ?? []
  if (whole === undefined && fraction === '') return undefined
  const digits = currencyDigits(currency)
  if (/[1-9]/.test(fraction.slice(digits))) return undefined
  const minor = BigInt((whole ?? '0').replaceAll(',', '') + fraction.slice(0, digits).padEnd(digits, '0'))
  if (minor >= 2n ** 63n) return undefined
  return sign === '-' ? -minor : minor
}
