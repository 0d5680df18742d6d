/** The account's own id, where no other is given. */
export const PORTAL_ID = 62_515

/** How one HubSpot account is set up. Limits are only kept where they are given: a stand-in that makes wait costs time. */
export type HubSpotOptions = {
  /** Default 62515. */
  portalId?: number
  /** As `account-info` says it, legacy aliases too; default US/Eastern. */
  timeZone?: string
  /** Default USD. The world's amounts are taken as they are. */
  currency?: string
  /** Scopes of the token; default all that are known here. */
  scopes?: string[]
  /** Requests in ten seconds of wall time. */
  burst?: number
  /** Requests in a day of the account's own zone. */
  daily?: number
  /** Searches in a second of wall time, over all object types. */
  searchesPerSecond?: number
  /** Seconds until a change is found by search; default 0. */
  searchLagSeconds?: number
  /** Whether daily headers are sent, as private apps get them; default true. */
  isPrivateApp?: boolean
}

/** The scopes that the endpoints here ask for (HubSpot's scope reference, read 2026-11-20). */
export const scopes = {
  contacts: 'crm.objects.contacts.read',
  deals: 'crm.objects.deals.read',
  leads: 'crm.objects.leads.read',
  owners: 'crm.objects.owners.read',
  mail: 'sales-email-read',
  dealsWrite: 'crm.objects.deals.write',
  contactsWrite: 'crm.objects.contacts.write',
  dealSchemas: 'crm.schemas.deals.read',
  contactSchemas: 'crm.schemas.contacts.read',
} as const
