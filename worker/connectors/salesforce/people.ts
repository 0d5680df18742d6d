import type { Context } from '../connector.ts'
import type { Item } from './chain.ts'
import { changesOf } from './list.ts'
import type { SalesforceSettings as Settings } from './settings.ts'
import { filled, link, reader, rest, shape, stamps, text, through } from './values.ts'
import { z } from 'zod'

const owner = (item: Item, context: Context<Settings>) => link(item, 'OwnerId', 'owners', context)

/** Object reference: Account, Contact, Lead at https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta (read 2026-11-20). */
export const accounts = changesOf({
  name: 'companies',
  source: 'Account',
  tables: ['companies'],
  objects: [{ name: 'Account', fields: ['Name', 'OwnerId', 'MasterRecordId'], wished: () => ['Website'] }],
  item: shape({ Name: text, OwnerId: text }),
  version: 1,
  normalise: (item, context) => {
    const read = reader(item)
    return {
      rows: {
        companies: {
          ...stamps(read),
          name: filled(item, 'Name'),
          domain: domainOf(filled(item, 'Website')),
          ownerId: owner(item, context),
          custom: rest(item, ['Name', 'Website']),
        },
      },
      faults: read.faults,
    }
  },
})

/** The host of a web address that people typed; null when it is none. */
function domainOf(website: string | null): string | null {
  if (website === null) return null
  const url = URL.parse(/^[a-z]+:\/\//i.test(website) ? website : `https://${website}`)
  return url === null ? null : url.hostname.replace(/^www\./, '') || null
}

const contactFields = ['FirstName', 'LastName', 'Email', 'Phone', 'AccountId', 'OwnerId', 'MasterRecordId']

export const contacts = changesOf({
  name: 'contacts',
  source: 'Contact',
  tables: ['contacts'],
  objects: [{ name: 'Contact', fields: contactFields, paths: { AccountId: 'Account.Name' } }],
  item: shape({ FirstName: text, LastName: text, Email: text, Phone: text, AccountId: text, OwnerId: text }),
  version: 1,
  normalise: (item, context) => {
    const read = reader(item)
    return {
      rows: {
        contacts: {
          ...stamps(read),
          firstName: filled(item, 'FirstName'),
          lastName: filled(item, 'LastName'),
          companyName: through(item, 'Account', 'Name'),
          companyId: link(item, 'AccountId', 'companies', context),
          email: filled(item, 'Email'),
          phone: filled(item, 'Phone'),
          ownerId: owner(item, context),
          custom: rest(item, [...contactFields, 'Account']),
        },
      },
      faults: read.faults,
    }
  },
})

const leadFields = [
  'FirstName',
  'LastName',
  'Company',
  'Status',
  'LeadSource',
  'IsConverted',
  'ConvertedContactId',
  'OwnerId',
  'MasterRecordId',
]

/**
 * A lead is its own person until it is converted. What was done with it is found under its id, or under the contact's that it became:
 * Salesforce moves tasks and notes along.
 */
export const leads = changesOf({
  name: 'leads',
  source: 'Lead',
  tables: ['leads'],
  objects: [{ name: 'Lead', fields: leadFields, wished: () => ['Email', 'Phone', 'CurrencyIsoCode'] }],
  item: shape({
    FirstName: text,
    LastName: text,
    Company: text,
    Status: text,
    LeadSource: text,
    IsConverted: z.boolean(),
    ConvertedContactId: text,
    OwnerId: text,
  }),
  version: 1,
  normalise: (item, context) => {
    const read = reader(item)
    const name = [filled(item, 'FirstName'), filled(item, 'LastName')]
      .filter((part) => part !== null)
      .join(' ')
    return {
      rows: {
        leads: {
          ...stamps(read),
          contactId:
            link(item, 'ConvertedContactId', 'contacts', context) ?? link(item, 'Id', 'contacts', context),
          name: name || filled(item, 'Company'),
          source: filled(item, 'LeadSource'),
          stageId: null,
          stageName: filled(item, 'Status'),
          contactKind: item.IsConverted === true ? 'converted' : 'lead',
          isProspect: true,
          ownerId: owner(item, context),
          amountMinor: null,
          currency: null,
          custom: rest(item, leadFields),
        },
      },
      faults: read.faults,
    }
  },
})
