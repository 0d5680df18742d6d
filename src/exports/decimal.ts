/** An amount in the currency's major unit, exactly: `111150.00`. */
export function decimal(amountMinor: bigint, currency: string): string {
  const places = placesOf(currency)
  const sign = amountMinor < 0n ? '-' : ''
  const digits = (amountMinor < 0n ? -amountMinor : amountMinor).toString().padStart(places + 1, '0')
  return places === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/** By currency, how many digits its minor unit has: asking costs more than all the rest of a row. */
const known = new Map<string, number>()

function placesOf(currency: string): number {
  const places = known.get(currency)
  if (places !== undefined) return places
  const style = { style: 'currency', currency } as const
  const { maximumFractionDigits: asked = 2 } = new Intl.NumberFormat('en-US', style).resolvedOptions()
  known.set(currency, asked)
  return asked
}
