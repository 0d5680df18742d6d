import { rowAt } from './facts.ts'
import { salesforceId } from './salesforce-ids.ts'
import { organizationId } from './salesforce-lookups.ts'
import type { Kept } from './salesforce-objects.ts'
import type { Schema } from './salesforce-schema.ts'
import type { Attempt, Watched, WebhookEvent, WebhookWire } from './webhook-wire.ts'
import type { ListName } from './world.ts'

// Outbound messages: "Understanding Outbound Messaging" in the SOAP API Developer Guide, https://developer.salesforce.com (read
// 2026-11-20).
// - Sent when a record is created or edited, never when it is deleted; up to 100 notifications of one object in a message.
// - Taken when 200 comes with <Ack>true</Ack>; else sent again for 24 hours, with a growing delay of at most two hours.
// - ASSUMED: a minute before the second attempt and twice as long each time, a minute's patience, the prefixes 04k and 04l.

const minute = 60_000

/** What an administrator chose to have sent of each object. */
const sentFields: Record<string, readonly string[]> = {
  Opportunity: ['Name', 'StageName', 'Amount'],
  Account: ['Name'],
  Contact: ['LastName', 'Email'],
  Lead: ['LastName', 'Email'],
}

/** How outbound messages tell of one Salesforce org. */
export function salesforceWebhooks(schema: Schema): WebhookWire {
  return {
    recordsOf: (list, index) => recordsOf(schema, list, index),
    eventsOf: ({ what, after }, number) =>
      what === 'deleted' ? [] : [{ kind: after.kind, recordId: after.id, number, fields: after.fields }],
    // Messages are of one object each; one notification at a time is as allowed as a hundred.
    eventsPerMessage: 1,
    write: (events, attempt) => ({
      headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: '""' },
      body: envelope(organizationId(schema.org), events, attempt),
    }),
    isTaken: (status, body) => status === 200 && /<(?:\w+:)?Ack>\s*true\s*</.test(body),
    patienceMs: minute,
    waitsMs: [1, 2, 4, 8, 16, 32, 64, ...Array.from({ length: 10 }, () => 120)].map(
      (minutes) => minutes * minute,
    ),
  }
}

function recordsOf(schema: Schema, list: ListName, index: number): Watched[] {
  const { world } = schema.org
  if (list === 'deals') return watched(schema, 'Opportunity', rowAt(world.deals, index).id)
  if (list !== 'people') return []
  const { id } = rowAt(world.people, index)
  return (['Account', 'Contact', 'Lead'] as const).flatMap((name) => watched(schema, name, id))
}

function watched(
  schema: Schema,
  name: 'Opportunity' | 'Account' | 'Contact' | 'Lead',
  id: number,
): Watched[] {
  if (!schema.names.includes(name)) return []
  const shelf = schema.shelf(schema.object(name))
  const kept = shelf.find(salesforceId(name, id))
  if (kept === undefined) return []
  return [
    {
      kind: name,
      id: kept.id,
      isListed: shelf.isWithin('query', kept),
      isRemoved: kept.removedAt > 0,
      fields: { ...shownFields(schema, name, kept), SystemModstamp: kept.stamp },
    },
  ]
}

function shownFields(schema: Schema, name: string, kept: Kept): Record<string, unknown> {
  const { fields } = schema.object(name)
  return Object.fromEntries(
    (sentFields[name] ?? []).map((wanted) => {
      const field = fields.find((each) => each.name === wanted)
      return [wanted, field?.read(kept, schema.org) ?? null]
    }),
  )
}

function envelope(organization: string, events: WebhookEvent[], { address, isForged }: Attempt): string {
  const { origin } = new URL(address)
  const sender = isForged ? salesforceId('Organization', 999_999) : organization
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" ' +
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>' +
    '<notifications xmlns="http://soap.sforce.com/2005/09/outbound">' +
    `<OrganizationId>${sender}</OrganizationId><ActionId>04k000000000001AAA</ActionId><SessionId xsi:nil="true"/>` +
    `<EnterpriseUrl>${origin}/services/Soap/c/62.0</EnterpriseUrl><PartnerUrl>${origin}/services/Soap/u/62.0</PartnerUrl>` +
    `${events.map(notification).join('')}</notifications></soapenv:Body></soapenv:Envelope>`
  )
}

function notification({ kind, recordId, number, fields }: WebhookEvent): string {
  const sent = Object.entries(fields as Record<string, string | number | null>)
    .filter(([name, value]) => value !== null && name !== 'SystemModstamp')
    .map(([name, value]) => `<sf:${name}>${escaped(String(value))}</sf:${name}>`)
  return (
    `<Notification><Id>04l${String(number).padStart(12, '0')}AAA</Id>` +
    `<sObject xsi:type="sf:${String(kind)}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">` +
    `<sf:Id>${String(recordId)}</sf:Id>${sent.join('')}</sObject></Notification>`
  )
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const escaped = (text: string): string => text.replaceAll(/[&<>]/g, (sign) => escapes[sign] ?? sign)
