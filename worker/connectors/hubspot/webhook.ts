import { z } from 'zod'
import type { Delivery, NamedRecord, Webhook } from '../../../drizzle/schema/nudges.ts'
import type { StreamName } from '../connector.ts'
import { eventKeyOf, isSame, signatureOf } from '../genuine.ts'

// Webhooks and "Validating requests from HubSpot", signature version 3: https://developers.hubspot.com/docs (read 2026-11-20).
// - A list of at most 100 events, without order, some of them twice; what is not answered with 2xx within 5 s comes again for a day.
// - `eventId` is not unique. One app has one address, so that events of several accounts may come together.
// - Signed is the method, the whole address as it was called, the body to the byte and the time in milliseconds.

const replayMs = 300_000

/** Encoded characters that are signed as themselves. */
const decoded = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi

/** Whether HubSpot sent this within the last five minutes. */
export function isGenuine({ method, url, headers, body, receivedAtMs }: Delivery, secret: string): boolean {
  const timestamp = headers.get('x-hubspot-request-timestamp') ?? ''
  const address = url.replaceAll(decoded, decodeURIComponent)
  const signature = signatureOf(secret, method, address, body, timestamp)
  const isRecent = /^\d{1,15}$/.test(timestamp) && Math.abs(receivedAtMs - Number(timestamp)) <= replayMs
  return isSame(headers.get('x-hubspot-signature-v3') ?? '', signature) && isRecent
}

const id = z.union([z.number().int().nonnegative(), z.string().regex(/^\d+$/)]).transform(String)

const event = z.looseObject({
  subscriptionType: z.string(),
  portalId: id,
  objectId: id.optional(),
  objectTypeId: z.string().optional(),
  newObjectId: id.optional(),
  fromObjectId: id.optional(),
  eventId: z.unknown().optional(),
  occurredAt: z.unknown().optional(),
  propertyName: z.unknown().optional(),
})

/** What we read of HubSpot's objects: the stream, and what stands before an id there. */
const kinds: Record<string, { stream: StreamName; prefix: string }> = {
  contact: { stream: 'contacts', prefix: '' },
  deal: { stream: 'opportunities', prefix: '' },
  '0-1': { stream: 'contacts', prefix: '' },
  '0-3': { stream: 'opportunities', prefix: '' },
  '0-136': { stream: 'leads', prefix: '' },
  '0-46': { stream: 'notes', prefix: '' },
  '0-48': { stream: 'activities', prefix: 'calls/' },
  '0-47': { stream: 'activities', prefix: 'meetings/' },
  '0-27': { stream: 'activities', prefix: 'tasks/' },
  '0-49': { stream: 'activities', prefix: 'emails/' },
}

function recordOf(told: z.infer<typeof event>): NamedRecord[] {
  const [object = ''] = told.subscriptionType.split('.')
  const kind = kinds[told.objectTypeId ?? object]
  const named = told.newObjectId ?? told.objectId ?? told.fromObjectId
  if (kind === undefined || named === undefined) return []
  const eventKey = eventKeyOf(
    told.subscriptionType,
    kind.stream,
    named,
    told.eventId,
    told.occurredAt,
    told.propertyName,
  )
  return [{ stream: kind.stream, sourceId: kind.prefix + named, eventKey }]
}

export const webhook: Webhook = {
  docs: 'https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide',
  body: 'json',
  proof: 'signature',
  words: {
    account: 'Hub ID of the account (numbers, top right in HubSpot)',
    signingSecret: 'Client secret of the app that sends (HubSpot signs with it)',
  },
  isAccount: (account) => /^\d{1,20}$/.test(account),
  isGenuine,
  read: (body, account) => {
    const read = z.array(event).max(1_000).safeParse(body)
    if (!read.success) return 'unknown'
    const ours = read.data.filter(({ portalId }) => portalId === account)
    return ours.length === 0 && read.data.length > 0 ? 'another_account' : ours.flatMap(recordOf)
  },
}
