const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const checks = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/** The first three characters of an id say whose it is: "Record ID Prefixes" at https://help.salesforce.com (read 2026-11-20). */
export const prefixes = {
  Account: '001',
  Note: '002',
  Contact: '003',
  User: '005',
  Opportunity: '006',
  OpportunityHistory: '008',
  Organization: '00D',
  Group: '00G',
  Lead: '00Q',
  Task: '00T',
  Event: '00U',
  OpportunityStage: '01J',
  CurrencyType: '01L',
  EmailMessage: '02s',
  ContentVersion: '068',
  ContentDocument: '069',
  ContentDocumentLink: '06A',
} as const

/** An object whose records have ids. */
export type IdKind = keyof typeof prefixes

/** The id of 18 characters that the n-th record of a kind has: 15 that matter by case, and 3 that make case not matter. */
export function salesforceId(kind: IdKind, n: number): string {
  let short = ''
  for (let rest = n; short.length < 12; rest = Math.floor(rest / 62)) short = `${digits[rest % 62]}${short}`
  const bare = prefixes[kind] + short
  return bare + [0, 5, 10].map((from) => checkOf(bare.slice(from, from + 5))).join('')
}

/** Which of five characters are capital letters, as one. */
function checkOf(five: string): string {
  let bits = 0
  for (let at = 0; at < 5; at += 1) if (/[A-Z]/.test(five.charAt(at))) bits |= 1 << at
  return checks[bits] ?? 'A'
}
