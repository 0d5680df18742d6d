import type { NamedRecord, Webhook, XmlElement } from '../../../drizzle/schema/nudges.ts'
import type { StreamName } from '../connector.ts'
import { eventKeyOf } from '../genuine.ts'
import { longId } from './values.ts'

// Outbound messages: "Setting Up Outbound Messaging" and "Understanding Outbound Messaging" in the SOAP API Developer Guide, at
// https://developer.salesforce.com (read 2026-11-20).
// - A SOAP message with up to 100 notifications; anything but an acknowledgement, and it comes again for a day. No order.
// - Nothing is signed: an address that cannot be guessed, and the id of the organisation. A session may come along: it is not read.

const streams: Record<string, StreamName> = {
  Account: 'companies',
  Contact: 'contacts',
  Lead: 'leads',
  Opportunity: 'opportunities',
  Note: 'notes',
  ContentNote: 'notes',
  ContentDocument: 'notes',
  Task: 'activities',
  Event: 'activities',
  EmailMessage: 'activities',
}

const idForm = /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/

/** The acknowledgement that Salesforce waits for. */
export const acknowledgement =
  '<?xml version="1.0" encoding="UTF-8"?>' +
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>' +
  '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>' +
  '</soapenv:Body></soapenv:Envelope>'

export const webhook: Webhook = {
  docs: 'https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging.htm',
  body: 'xml',
  proof: 'address',
  words: { account: 'Organization ID (Setup, Company Information; 00D…)' },
  isAccount: (account) => account.startsWith('00D') && idForm.test(account),
  // Whoever knows the address, which is as good as a password; whose message it is, is said within.
  isGenuine: () => true,
  read: (body, account) => {
    const message = messageIn(body as XmlElement)
    if (message === undefined) return 'unknown'
    const organization = textOf(message, 'OrganizationId')
    if (!idForm.test(organization)) return 'unknown'
    if (longId(organization) !== longId(account)) return 'another_account'
    return childrenOf(message, 'Notification').flatMap(recordOf)
  },
  receipt: { type: 'text/xml; charset=utf-8', text: acknowledgement },
}

/** Envelope, Body, notifications; undefined when it is none. */
function messageIn(envelope: XmlElement): XmlElement | undefined {
  if (envelope.name !== 'Envelope') return undefined
  return childrenOf(envelope, 'Body').flatMap((body) => childrenOf(body, 'notifications'))[0]
}

function recordOf(notification: XmlElement): NamedRecord[] {
  const [object] = childrenOf(notification, 'sObject')
  const stream = streams[object?.attributes['type']?.replace(/^.*:/, '') ?? '']
  const sourceId = object === undefined ? '' : textOf(object, 'Id')
  if (stream === undefined || !idForm.test(sourceId)) return []
  return [
    {
      stream,
      sourceId: longId(sourceId),
      eventKey: eventKeyOf(stream, sourceId, textOf(notification, 'Id')),
    },
  ]
}

const childrenOf = ({ children }: XmlElement, name: string): XmlElement[] =>
  children.filter((child) => child.name === name)

const textOf = (element: XmlElement, name: string): string => childrenOf(element, name)[0]?.text.trim() ?? ''
