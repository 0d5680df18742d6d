import { dialectOf } from '../../../simulator/dialects.ts'
import type { SimulatedAccount, TruthPerson } from '../../../simulator/main.ts'
import { salesforceId } from '../../../simulator/salesforce-ids.ts'
import { Salesforce } from '../../../simulator/salesforce.ts'
import type { StreamDeeds, Subject } from './conformance.ts'

const isContact = (account: SimulatedAccount, { id }: TruthPerson): boolean =>
  dialectOf(account, Salesforce).isContact(Number(id))
const contactOf = (account: SimulatedAccount): string =>
  account.truth().people.find((person) => isContact(account, person) && person.kind === 'customer')?.id ?? ''
const leadOf = (account: SimulatedAccount): string =>
  account.truth().people.find((person) => !isContact(account, person))?.id ?? ''
const eventOf = (account: SimulatedAccount): string =>
  account.truth().activities.find(({ kind, status }) => kind === 'appointment' && status !== 'cancelled')
    ?.id ?? ''
const dealOf = (account: SimulatedAccount, at: number): string => account.truth().deals[at]?.id ?? ''

/** Renames a person, each time otherwise. */
function rename(account: SimulatedAccount, id: string): void {
  account.editPerson(id, {
    lastName: `Renamed at ${account.truth().people.find((person) => person.id === id)?.modifiedAt}`,
  })
}

const people: StreamDeeds = {
  operations: ['queryAll.Contact'],
  edit: (account) => {
    const id = contactOf(account)
    rename(account, id)
    return salesforceId('Contact', Number(id))
  },
  remove: (account) => {
    const id = contactOf(account)
    account.removePerson(id)
    return salesforceId('Contact', Number(id))
  },
  vanishing: { field: 'Email', column: 'email' },
}

const oauth = {
  clientId: '3MVG9.conformance',
  clientSecret: 'CANARY-CLIENT-SECRET',
  refreshToken: 'CANARY-REFRESH-0',
}

/** Salesforce as the conformance suite needs to know it. */
export const salesforce: Subject = {
  crm: 'salesforce',
  writes: { step: 'create.Task', outcome: 'update.Opportunity' },
  market: {
    name: 'Opportunity.Market__c',
    hide: (_, account, isHidden) => dialectOf(account, Salesforce).hide('Opportunity.Market__c', isHidden),
  },
  account: { accessToken: '', oauth },
  wireId: (table, id) => salesforceId(table === 'contacts' ? 'Contact' : 'Opportunity', Number(id)),
  access: {
    end: (account) => account.revokeAccess(),
    restore: async (client) => {
      client.account.grant?.consent('CANARY-REFRESH-anew')
      await client.storeSecret('refreshToken', 'CANARY-REFRESH-anew')
    },
  },
  streams: {
    owners: { operations: ['queryAll.User'] },
    stages: { operations: ['queryAll.OpportunityStage'] },
    lead_sources: { operations: ['describe.Lead'] },
    companies: { operations: ['queryAll.Account'], vanishing: { field: 'Name', column: 'name' } },
    leads: {
      operations: ['queryAll.Lead'],
      edit: (account) => {
        const id = leadOf(account)
        rename(account, id)
        return salesforceId('Lead', Number(id))
      },
      vanishing: { field: 'Status', column: 'stage_name' },
    },
    contacts: people,
    opportunities: {
      operations: ['queryAll.Opportunity'],
      edit: (account) => {
        const id = dealOf(account, 0)
        account.editDeal(id, { amountMinor: 12_345_600 })
        return salesforceId('Opportunity', Number(id))
      },
      remove: (account) => {
        const id = dealOf(account, 1)
        account.removeDeal(id)
        return salesforceId('Opportunity', Number(id))
      },
      vanishing: { field: 'Amount', column: 'amount_minor' },
    },
    stage_changes: {
      operations: ['queryAll.OpportunityHistory'],
      vanishing: { field: 'StageName', column: 'stage_name' },
    },
    notes: {
      operations: ['queryAll.Note'],
      remove: (account) => {
        const id = Number(account.truth().notes[0]?.id)
        account.removeNote(id)
        return salesforceId(id % 2 === 1 ? 'ContentDocument' : 'Note', id)
      },
      vanishing: { field: 'Body', column: 'body' },
    },
    activities: {
      operations: ['queryAll.Task', 'queryAll.Event'],
      edit: (account) => {
        const id = eventOf(account)
        account.editActivity(id, { title: 'Moved to the afternoon' })
        return salesforceId('Event', Number(id))
      },
      remove: (account) => {
        const id = eventOf(account)
        account.removeActivity(id)
        return salesforceId('Event', Number(id))
      },
    },
  },
  hoursToDelete: 1,
  hoursToHeal: 1,
  limits: [
    { fault: 'salesforce-concurrent-limit', becomes: 'waited' },
    { fault: 'rate-limited-seconds', params: { retryAfter: 1 }, becomes: 'waited' },
    { fault: 'salesforce-daily-limit', becomes: 'paused' },
  ],
  bearable: ['salesforce-concurrent-limit', 'salesforce-query-timeout', 'salesforce-maintenance'],
  unbelievable: ['salesforce-rows-missing', 'login-page', 'empty-body', 'cut-json'],
  forbidden: {
    stream: 'opportunities',
    refuse: (_, account) => dialectOf(account, Salesforce).hide('Opportunity'),
  },
}
