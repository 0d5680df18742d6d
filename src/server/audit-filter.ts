import { z } from 'zod'
import { auditDeeds, type AuditDeed } from '../domain/audit-deeds.ts'
import { identityWords, type IdentityDeed } from '../domain/identity-words.ts'
import type { AuditFilter } from '../queries/audit.ts'

/** Everything that the audit log can say was done, with its words. */
export const auditWords: Readonly<Record<AuditDeed | IdentityDeed, string>> = {
  ...auditDeeds,
  ...identityWords,
}

/** Years that both JavaScript and Postgres know. */
const day = z.iso.date().refine((text) => /^[12]\d{3}/.test(text))
const deed = z.enum(Object.keys(auditWords) as (AuditDeed | IdentityDeed)[])

/** Reads the filter of the audit log out of an address; whatever is not understood filters nothing. */
export function auditFilterOf(search: URLSearchParams): AuditFilter {
  const who = (search.get('who') ?? '').replaceAll(/\p{Cc}/gu, '').trim()
  return {
    who: who === '' ? undefined : who.slice(0, 200),
    deed: deed.safeParse(search.get('what')).data,
    from: day.safeParse(search.get('from')).data,
    to: day.safeParse(search.get('to')).data,
  }
}

/** The filter as it stands in an address. */
export function auditQueryOf({ who, deed: what, from, to }: AuditFilter): URLSearchParams {
  const given = Object.entries({ who, what, from, to }).filter(([, value]) => value !== undefined)
  return new URLSearchParams(given as [string, string][])
}
