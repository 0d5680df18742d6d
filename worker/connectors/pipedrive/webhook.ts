import { z } from 'zod'
import type { Webhook } from '../../../drizzle/schema/nudges.ts'
import type { StreamName } from '../connector.ts'
import { eventKeyOf, hasPassword } from '../genuine.ts'

// Webhooks version 2: https://pipedrive.readme.io/docs/guide-for-webhooks-v2 (read 2026-11-20).
// - Nothing is signed: a name and a password that we give, by Basic authentication, and an address that cannot be guessed.
// - One event at a time, to be answered within 10 s. An address may be registered twice: the same event then comes under two names.
// - A merge is told as a deletion and a change. Version 1 has another shape; which one came is said by `meta.version`.

const id = z.union([z.number().int(), z.string().regex(/^\d+$/)]).transform(String)

const delivery = z.looseObject({
  meta: z.looseObject({
    version: z.string().regex(/^2\./),
    action: z.string(),
    entity: z.string(),
    entity_id: z.union([id, z.string()]),
    company_id: id,
    timestamp: z.unknown(),
  }),
})

const streams: Record<string, StreamName> = {
  deal: 'opportunities',
  person: 'contacts',
  organization: 'companies',
  activity: 'activities',
  note: 'notes',
  lead: 'leads',
}

/** Leads go by UUIDs. */
const idForm = /^(\d+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

export const webhook: Webhook = {
  docs: 'https://pipedrive.readme.io/docs/guide-for-webhooks-v2',
  body: 'json',
  proof: 'password',
  words: { account: 'Company ID in Pipedrive (numbers, Settings, Company)' },
  isAccount: (account) => /^\d{1,20}$/.test(account),
  isGenuine: hasPassword,
  read: (body, account) => {
    const read = delivery.safeParse(body)
    if (!read.success) return 'unknown'
    const { entity, entity_id: sourceId, company_id: company, action, timestamp } = read.data.meta
    if (company !== account) return 'another_account'
    const stream = streams[entity]
    if (stream === undefined || !idForm.test(sourceId)) return []
    return [{ stream, sourceId, eventKey: eventKeyOf(entity, sourceId, action, timestamp) }]
  },
}
