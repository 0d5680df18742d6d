import { changesOf } from '../domain/audit-changes.ts'
import { exactTime, money } from '../format.ts'
import type { AuditRow } from '../queries/audit.ts'
import { auditWords } from './audit-filter.ts'

/** A row of the audit log as its page says it. `href` leads to the opportunity that it is about. */
export type AuditLine = Pick<
  AuditRow,
  'id' | 'at' | 'actor' | 'target' | 'road' | 'address' | 'requestId'
> & {
  what: string
  changes: string[]
  href: string | undefined
}

/** The row for people: words for deeds, instants in the tenant's zone, money as money. Exports keep what is stored. */
export function auditLine(row: AuditRow, slug: string, timeZone: string): AuditLine {
  const opportunity = row.after?.['opportunity']
  return {
    ...row,
    what: auditWords[row.deed],
    changes: changesOf(readable(row.before, timeZone), readable(row.after, timeZone)),
    href: typeof opportunity === 'string' ? `/w/${slug}/pipeline/${opportunity}` : undefined,
  }
}

function readable(facts: AuditRow['after'], timeZone: string): AuditRow['after'] {
  if (facts === null) return null
  const { amount_minor: minor, ...others } = facts
  return Object.fromEntries([
    ...Object.entries(others)
      .filter(([name]) => !isTold(name, facts))
      .map(([name, value]) => [name, isInstant(value) ? exactTime(new Date(value), timeZone) : value]),
    ...(minor === undefined ? [] : [['amount', amountOf(minor, facts['currency'])]]),
  ]) as AuditRow['after']
}

/** The link of a row says which opportunity, and an amount its currency; a version of a step is for programs. */
const isTold = (name: string, facts: object): boolean =>
  ('opportunity' in facts && (name === 'opportunity' || name === 'version')) ||
  ('amount_minor' in facts && name === 'currency')

const isInstant = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)

const amountOf = (minor: unknown, currency: unknown): string =>
  typeof minor === 'string' && typeof currency === 'string' ? money(BigInt(minor), currency) : 'none'
