/** Where an account sends webhooks, and what goes wrong on the way. */
export type WebhookOptions = {
  /** Whole, as people enter it in the CRM. */
  address: string
  /** HubSpot signs with it, Pipedrive sends it as the password, Salesforce has none. */
  secret?: string
  /** The name beside the password (Pipedrive). */
  user?: string
  fault?: WebhookFault
}

/** What can go wrong with webhooks on request. */
export const webhookFaults = {
  repeated: 'Every message is sent twice, the second time after the first was answered.',
  reordered: 'What happened last is sent first.',
  late: 'Every message is sent an hour late, by the clock of the account.',
  forged:
    'Every message is sent by somebody who knows the address and not the secret, or has another organisation.',
  'five-at-once': 'Every message is sent five times at the same moment.',
} as const

export type WebhookFault = keyof typeof webhookFaults
