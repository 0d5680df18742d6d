import { dialectOf } from '../../../simulator/dialects.ts'
import { HubSpot } from '../../../simulator/hubspot.ts'
import { Pipedrive } from '../../../simulator/pipedrive.ts'
import type { SimulatedAccount, Truth } from '../../../simulator/main.ts'
import type { Subject } from './conformance.ts'

const first = (account: SimulatedAccount, list: 'people' | 'deals' | 'notes', at = 0): string =>
  account.truth()[list][at]?.id ?? ''
const activityOf = (account: SimulatedAccount, kind: Truth['activities'][number]['kind']): string =>
  account.truth().activities.find((activity) => activity.kind === kind)?.id ?? ''

const renamePerson = (account: SimulatedAccount): string => {
  const id = first(account, 'people')
  account.editPerson(id, { lastName: `Renamed ${account.truth().people[0]?.modifiedAt.length}` })
  return id
}
const removePerson = (account: SimulatedAccount): string => {
  const id = first(account, 'people', 3)
  account.removePerson(id)
  return id
}
const editDeal = (account: SimulatedAccount): string => {
  const id = first(account, 'deals')
  account.editDeal(id, { amountMinor: 12_345_600 })
  return id
}
const removeDeal = (account: SimulatedAccount): string => {
  const id = first(account, 'deals', 1)
  account.removeDeal(id)
  return id
}
const removeNote = (account: SimulatedAccount): string => {
  const id = first(account, 'notes')
  account.removeNote(id)
  return id
}

export const clientTether: Subject = {
  crm: 'clienttether',
  writes: { step: 'create_client_event', outcome: 'update_client_by_id' },
  settings: { notesSweepHours: 1 },
  market: {
    name: 'market',
    hide: ({ simulator: { faults } }, _, isHidden) => {
      const operation = 'read_opportunity_list'
      if (isHidden) faults.add({ fault: 'field-missing', operation, params: { field: 'market' } })
      else faults.clear()
    },
  },
  streams: {
    owners: { operations: ['read_user_list'] },
    stages: { operations: ['read_sales_cycle_list'] },
    lead_sources: { operations: ['read_lead_source_list'] },
    leads: { operations: ['read_client_list'], edit: renamePerson, remove: removePerson },
    contacts: { operations: ['read_client_list'] },
    opportunities: {
      operations: ['read_opportunity_list'],
      edit: editDeal,
      remove: removeDeal,
      vanishing: { field: 'deal_size', column: 'amount_minor' },
    },
    notes: { operations: ['read_client_history_notes'], remove: removeNote },
    activities: {
      operations: ['read_all_events'],
      edit: (account) => {
        const id = activityOf(account, 'appointment')
        account.editActivity(id, { title: 'Moved to the afternoon' })
        return id
      },
      remove: (account) => {
        const id = activityOf(account, 'appointment')
        account.removeActivity(id)
        return id
      },
    },
  },
  hoursToDelete: 2,
  hoursToHeal: 2,
  limits: [
    { fault: 'rate-limited-bare', becomes: 'waited' },
    { fault: 'rate-limited-seconds', params: { retryAfter: 1 }, becomes: 'waited' },
    { fault: 'rate-limited-huge', becomes: 'refused' },
  ],
  bearable: ['page-overlaps'],
  unbelievable: [
    'same-page-for-ever',
    'total-missing',
    'half-list-full-total',
    'login-page',
    'empty-body',
    'cut-json',
  ],
  forbidden: {
    stream: 'opportunities',
    refuse: ({ simulator }) =>
      void simulator.faults.add({ fault: 'forbidden', operation: 'read_opportunity_list' }),
  },
}

/** A list, what a search of it finds, and its archived records. */
const lists = (...types: string[]): string[] => types.flatMap((type) => [type, `${type}.search`])
const wireOf = (type: string, id: string): string => `${type}/${id}`

export const hubSpot: Subject = {
  crm: 'hubspot',
  writes: { step: 'tasks.create', outcome: 'deals.update' },
  market: {
    name: 'deals.market',
    hide: (_, account, isHidden) => dialectOf(account, HubSpot).hideProperty('deals', 'market', isHidden),
  },
  streams: {
    owners: { operations: ['owners'] },
    pipelines: { operations: ['pipelines.deals'] },
    stages: { operations: ['pipelines.deals'] },
    contacts: {
      operations: lists('contacts'),
      edit: renamePerson,
      remove: removePerson,
      vanishing: { field: 'email', column: 'email' },
    },
    leads: { operations: lists('leads'), vanishing: { field: 'hs_lead_name', column: 'name' } },
    opportunities: {
      operations: lists('deals'),
      edit: editDeal,
      remove: removeDeal,
      vanishing: { field: 'amount', column: 'amount_minor' },
    },
    notes: {
      operations: lists('notes'),
      remove: removeNote,
      vanishing: { field: 'hs_note_body', column: 'body' },
    },
    activities: {
      operations: lists('calls', 'meetings', 'tasks', 'emails'),
      edit: (account) => {
        const id = activityOf(account, 'call')
        account.editActivity(id, { title: 'Called again' })
        return wireOf('calls', id)
      },
      remove: (account) => {
        const id = activityOf(account, 'appointment')
        account.removeActivity(id)
        return wireOf('meetings', id)
      },
    },
  },
  hoursToDelete: 25,
  hoursToHeal: 24 * 8,
  limits: [
    { fault: 'hubspot-search-limit', becomes: 'waited' },
    { fault: 'rate-limited-seconds', params: { retryAfter: 1 }, becomes: 'waited' },
    { fault: 'hubspot-locked', becomes: 'waited' },
    { fault: 'hubspot-daily-limit', becomes: 'paused' },
    { fault: 'hubspot-moving', becomes: 'paused' },
  ],
  bearable: ['hubspot-short-page', 'hubspot-empty-page'],
  unbelievable: [
    'same-page-for-ever',
    'hubspot-paging-renamed',
    'hubspot-next-missing',
    'hubspot-nothing',
    'login-page',
    'empty-body',
    'cut-json',
    'hubspot-malformed-token',
  ],
  forbidden: {
    stream: 'opportunities',
    refuse: (_, account) =>
      dialectOf(account, HubSpot).setScopes([
        'crm.objects.contacts.read',
        'crm.objects.leads.read',
        'crm.objects.owners.read',
        'crm.schemas.deals.read',
        'sales-email-read',
      ]),
  },
}

const dealsOfPipedrive = ['v2/deals', 'v2/deals/archived']

export const pipedrive: Subject = {
  crm: 'pipedrive',
  writes: { step: 'v2/activities.create', outcome: 'v2/deals.update' },
  market: {
    name: 'deals.Market',
    hide: (_, account, isHidden) => dialectOf(account, Pipedrive).deleteField('Market', isHidden),
  },
  streams: {
    owners: { operations: ['v1/users'] },
    pipelines: { operations: ['v2/pipelines'] },
    stages: { operations: ['v2/stages'] },
    lead_sources: { operations: ['v2/dealFields'] },
    contacts: {
      operations: ['v2/persons'],
      edit: renamePerson,
      remove: removePerson,
      vanishing: { field: 'emails', column: 'email' },
    },
    opportunities: {
      operations: dealsOfPipedrive,
      edit: editDeal,
      remove: removeDeal,
      vanishing: { field: 'value', column: 'amount_minor' },
    },
    notes: {
      operations: ['v1/notes'],
      remove: removeNote,
      vanishing: { field: 'content', column: 'body' },
    },
    activities: {
      operations: ['v2/activities'],
      edit: (account) => {
        const id = activityOf(account, 'call')
        account.editActivity(id, { title: 'Called again' })
        return id
      },
      remove: (account) => {
        const id = activityOf(account, 'appointment')
        account.removeActivity(id)
        return id
      },
    },
  },
  hoursToDelete: 1,
  hoursToHeal: 1,
  limits: [
    { fault: 'rate-limited-bare', becomes: 'waited' },
    { fault: 'rate-limited-seconds', params: { retryAfter: 1 }, becomes: 'waited' },
  ],
  bearable: [],
  unbelievable: ['pipedrive-paging-missing', 'data-missing', 'login-page', 'empty-body', 'cut-json'],
  forbidden: {
    stream: 'opportunities',
    refuse: ({ simulator }) =>
      void simulator.faults.add({ fault: 'pipedrive-scope-missing', operation: 'v2/deals' }),
  },
}
