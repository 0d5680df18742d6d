import { fullName, rowAt, type Person } from './facts.ts'
import { salesforceId } from './salesforce-ids.ts'
import {
  kept,
  object,
  ownerField,
  refersTo,
  type Definition,
  type KeptOf,
  type ObjectType,
} from './salesforce-objects.ts'
import type { Org } from './salesforce-org.ts'

type Held = Person & { index: number }

const names: Definition<Held>[] = [
  ['FirstName', 'string', ({ firstName }) => firstName || null],
  ['LastName', 'string', ({ lastName }) => lastName || null],
  ['Name', 'string', (person) => fullName(person) || null],
  ['Email', 'email', ({ email }) => email || null],
  ['Phone', 'phone', ({ phone }) => phone || null],
]

const sources = (org: Org): string[] => org.world.setting.leadSources.map(({ name }) => name)

/** Statuses of leads, the last one for those that were converted. */
const statuses = ['Open - Not Contacted', 'Working - Contacted', 'Closed - Converted']

/** Who has no company of their own has an account of their household. */
export const account: ObjectType = object<Held>({
  name: 'Account',
  keyPrefix: '001',
  follows: ['people', 'deals'],
  fields: [
    ['Name', 'string', (person) => person.company || `${fullName(person) || 'Unnamed'} Household`],
    ['Website', 'string', ({ company, email }) => (company === '' ? null : (email.split('@')[1] ?? null))],
    ['BillingCity', 'string', ({ city }) => city],
    ownerField,
    ['MasterRecordId', 'reference', masterOf('Account'), refersTo('MasterRecord', 'Account')],
  ],
  keep: (org) => contactsOf(org, (id) => salesforceId('Account', id)),
})

export const contact: ObjectType = object<Held>({
  name: 'Contact',
  keyPrefix: '003',
  follows: ['people', 'deals'],
  fields: [
    ...names,
    ['AccountId', 'reference', ({ id }) => salesforceId('Account', id), refersTo('Account', 'Account')],
    ['MailingCity', 'string', ({ city }) => city],
    ['MailingState', 'string', ({ state }) => state],
    ['LeadSource', 'picklist', ({ leadSourceId }, org) => org.sourceOf(leadSourceId), { values: sources }],
    ownerField,
    ['MasterRecordId', 'reference', masterOf('Contact'), refersTo('MasterRecord', 'Contact')],
  ],
  keep: (org) => contactsOf(org, (id) => salesforceId('Contact', id)),
})

export const lead: ObjectType = object<Held>({
  name: 'Lead',
  keyPrefix: '00Q',
  follows: ['people', 'deals'],
  fields: [
    ...names,
    ['Company', 'string', ({ company }) => company || '[not provided]'],
    ['City', 'string', ({ city }) => city],
    ['State', 'string', ({ state }) => state],
    ['Status', 'picklist', statusOf, { values: () => statuses }],
    ['LeadSource', 'picklist', ({ leadSourceId }, org) => org.sourceOf(leadSourceId), { values: sources }],
    ['IsConverted', 'boolean', ({ index }, org) => org.isContact(index)],
    ['ConvertedDate', 'date', convertedOn],
    ['ConvertedContactId', 'reference', convertedTo('Contact'), refersTo('ConvertedContact', 'Contact')],
    ['ConvertedAccountId', 'reference', convertedTo('Account'), refersTo('ConvertedAccount', 'Account')],
    ownerField,
    ['MasterRecordId', 'reference', masterOf('Lead'), refersTo('MasterRecord', 'Lead')],
  ],
  keep: (org) =>
    org.world.people.flatMap((person, index) =>
      org.hasLead(index) ? [keptPerson(org, person, index, salesforceId('Lead', person.id))] : [],
    ),
})

/** Whose a task or a note is: the lead, or what became of it. */
export function whoId(org: Org, personIndex: number): string {
  const { id } = rowAt(org.world.people, personIndex)
  return salesforceId(org.isContact(personIndex) ? 'Contact' : 'Lead', id)
}

function contactsOf(org: Org, idOf: (id: number) => string): KeptOf<Held>[] {
  return org.world.people.flatMap((person, index) =>
    org.isContact(index) ? [keptPerson(org, person, index, idOf(person.id))] : [],
  )
}

function keptPerson(org: Org, person: Person, index: number, id: string): KeptOf<Held> {
  const { createdAt, modifiedAt, removedAt, visibleAt, wire } = person
  const stamp = Math.max(modifiedAt, removedAt, org.convertedAt(index))
  const isPurged = org.world.isPurged(person)
  return { ...kept(id, createdAt, stamp, { ...person, index }), removedAt, visibleAt, wire, isPurged }
}

function statusOf({ index, stageId }: Held, org: Org): string {
  if (org.isContact(index)) return 'Closed - Converted'
  return stageId === null ? 'Open - Not Contacted' : 'Working - Contacted'
}

function convertedOn({ index }: Held, org: Org): string | null {
  const at = org.convertedAt(index)
  return at === 0 ? null : new Date(at * 1_000).toISOString().slice(0, 10)
}

function convertedTo(kind: 'Contact' | 'Account') {
  return ({ index, id }: Held, org: Org) => (org.isContact(index) ? salesforceId(kind, id) : null)
}

/** Only a loser names the record that stands for it. */
function masterOf(kind: 'Account' | 'Contact' | 'Lead') {
  return ({ mergedInto }: Held, org: Org): string | null => {
    if (mergedInto === 0) return null
    const winner = org.world.people.findIndex(({ id }) => id === mergedInto)
    const isOfKind = kind === 'Lead' ? org.hasLead(winner) : org.isContact(winner)
    return isOfKind ? salesforceId(kind, mergedInto) : null
  }
}
