import { generateKeyPairSync } from 'node:crypto'
import { dialectOf } from '../../simulator/dialects.ts'
import { salesforceId, type IdKind } from '../../simulator/salesforce-ids.ts'
import type { AccountOptions, SimulatedAccount, TruthActivity } from '../../simulator/main.ts'
import { Salesforce } from '../../simulator/salesforce.ts'
import type { Arrangement, Client, Stored } from './arrange.ts'
import { copiesOf, expectSame, type Copies } from './copy.ts'

const keys = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

/** Larkspur Fitness: a small Salesforce org that stands still unless a test changes it. */
export const larkspur: AccountOptions = {
  crm: 'salesforce',
  webKey: 'larkspur',
  accessToken: '',
  seed: 11,
  people: 60,
  deals: 35,
  changesPerDay: 0,
  notesPerPerson: 1,
  oauth: {
    clientId: '3MVG9.larkspur',
    clientSecret: 'CANARY-CLIENT-SECRET',
    refreshToken: 'CANARY-REFRESH-0',
  },
  salesforce: { publicKey: keys.publicKey, username: 'tidemark@example.org' },
}

/** Pages of ten, so that even a small org has several; as fast as it goes. */
export const larkspurSettings = { requestsPerSecond: 100_000, pageSize: 10, timeZone: 'America/New_York' }

const secrets: Record<string, Record<string, string>> = {
  salesforce: {
    consumerKey: '3MVG9.larkspur',
    username: 'tidemark@example.org',
    privateKey: keys.privateKey,
  },
  'salesforce-app': {
    consumerKey: '3MVG9.larkspur',
    consumerSecret: 'CANARY-CLIENT-SECRET',
    refreshToken: 'CANARY-REFRESH-0',
  },
}

/** A connection to an account that speaks Salesforce. */
export async function connectSalesforce(
  all: Arrangement,
  settings: Stored = {},
  connector: 'salesforce' | 'salesforce-app' = 'salesforce-app',
): Promise<Client> {
  const client = await all.connect(larkspur.webKey, {}, `${all.simulator.url}/`)
  await all.db.query(`update connections set connector = $2, settings = $3 where id = $1`, [
    client.connectionId,
    connector,
    JSON.stringify({ ...larkspurSettings, ...settings }),
  ])
  await all.db.query(`delete from connection_secrets where connection_id = $1`, [client.connectionId])
  for (const [field, secret] of Object.entries(secrets[connector] ?? {}))
    await client.storeSecret(field, secret)
  return client
}

/** Asserts that what is stored and no tombstone is what the org holds, field by field. */
export async function expectLarkspur(client: Client): Promise<void> {
  expectSame(await larkspurCopies(client))
}

/** What is stored and no tombstone, and what the org holds. */
export async function larkspurCopies(client: Client): Promise<Copies> {
  const names = await namesById(client)
  return copiesOf(client, copyOf(client.account), (row, columns) => readable(row, names, columns))
}

const at = (iso: string) => Date.parse(iso)
const idOf = (kind: IdKind, id: string) => salesforceId(kind, Number(id))
const nameOf = ({ firstName, lastName }: { firstName: string; lastName: string }) =>
  `${firstName} ${lastName}`.trim()

/** What a perfect copy holds, worked out from the facts and not from the pipeline's own rules. Relations by their id in Salesforce. */
function copyOf(account: SimulatedAccount): Record<string, Stored[]> {
  const truth = account.truth()
  const { people, deals, stages, notes, activities } = truth
  const isLead = (id: string) => !dialectOf(account, Salesforce).isContact(Number(id))
  const isThere = new Set(people.map(({ id }) => id))
  const whoOf = (id: string) => (isThere.has(id) ? idOf(isLead(id) ? 'Lead' : 'Contact', id) : null)
  const contacts = people.filter(({ id }) => !isLead(id))
  return {
    stages: stages.map(({ name, order, likelihood, isActive }) => ({
      source_id: name,
      name,
      position: order,
      probability: (likelihood ?? 0) / 100,
      outcome: name === 'FA Signed' ? 'won' : isActive ? 'open' : 'lost',
    })),
    lead_sources: truth.leadSources.map(({ name }) => ({ source_id: name, name })),
    companies: contacts.map((person) => ({
      source_id: idOf('Account', person.id),
      name: person.company || `${nameOf(person) || 'Unnamed'} Household`,
      owner: idOf('User', person.ownerId),
    })),
    contacts: contacts.map((person) => ({
      source_id: idOf('Contact', person.id),
      first_name: person.firstName || null,
      last_name: person.lastName || null,
      company_name: person.company || `${nameOf(person) || 'Unnamed'} Household`,
      company: idOf('Account', person.id),
      email: person.email || null,
      phone: person.phone || null,
      owner: idOf('User', person.ownerId),
      source_created_at: at(person.createdAt),
    })),
    leads: people
      .filter(({ id }) => dialectOf(account, Salesforce).hasLead(Number(id)))
      .map((person) => ({
        source_id: idOf('Lead', person.id),
        name: nameOf(person) || person.company || '[not provided]',
        source: person.leadSourceName,
        contact_kind: isLead(person.id) ? 'lead' : 'converted',
        owner: idOf('User', person.ownerId),
        source_created_at: at(person.createdAt),
      })),
    opportunities: deals.map((deal) => {
      const stage = stages.find(({ id }) => id === deal.stageId) ?? stages[0]
      const isOpen = stage?.isActive === true && stage.name !== 'FA Signed'
      return {
        source_id: idOf('Opportunity', deal.id),
        contact: isThere.has(deal.personId) ? idOf('Contact', deal.personId) : null,
        owner: idOf('User', deal.ownerId),
        stage: stage?.name,
        stage_name: stage?.name,
        status: stage?.name === 'FA Signed' ? 'won' : isOpen ? 'open' : 'lost',
        source: deal.leadSourceName,
        amount_minor: deal.amountMinor,
        currency: deal.amountMinor === null ? null : 'USD',
        probability: (stage?.likelihood ?? 0) / 100,
        market: deal.market,
        units: deal.units,
        source_created_at: at(deal.createdAt),
      }
    }),
    notes: notes.map((note) => {
      const isNew = Number(note.id) % 2 === 1
      const plain = note.text
        .replaceAll(/<[^>]*>/g, ' ')
        .replaceAll(/\s+/g, ' ')
        .trim()
      return {
        source_id: idOf(isNew ? 'ContentDocument' : 'Note', note.id),
        contact: whoOf(note.personId),
        author: note.author,
        body: isNew && Buffer.byteLength(note.text) <= 255 ? plain : note.text.trim(),
        noted_at: at(note.createdAt),
      }
    }),
    activities: activities
      .filter(({ status }) => status !== 'cancelled')
      .map((activity) => activityOf(activity, whoOf)),
  }
}

function activityOf(activity: TruthActivity, whoOf: (id: string) => string | null): Stored {
  const { kind, startAt, endAt, status } = activity
  const isEvent = kind === 'appointment'
  const isDone = isEvent ? null : kind === 'email' || status === 'completed'
  return {
    source_id: idOf(isEvent ? 'Event' : kind === 'email' ? 'EmailMessage' : 'Task', activity.id),
    kind: isEvent ? 'event' : kind,
    subject: activity.title,
    details: activity.description || null,
    contact: kind === 'email' ? null : whoOf(activity.personId),
    owner: idOf('User', activity.ownerId),
    due_at: isEvent || kind === 'email' ? at(startAt) : startOfDay(startAt),
    ends_at: isEvent ? at(endAt) : null,
    is_done: isDone,
  }
}

/** The day is that of UTC on the wire; it begins where the account is. */
const startOfDay = (iso: string): number =>
  Temporal.PlainDate.from(iso.slice(0, 10)).toZonedDateTime('America/New_York').epochMilliseconds

const relations: Record<string, string> = {
  contact_id: 'contact',
  company_id: 'company',
  owner_id: 'owner',
  stage_id: 'stage',
}

/** Leads are persons, too: what was done with one names it in the place of a contact. Who is gone has no name. */
async function namesById(client: Client): Promise<Map<unknown, unknown>> {
  const tables = ['contacts', 'companies', 'owners', 'stages']
  const rows = await Promise.all(tables.map((table) => client.records(table)))
  const leads = (await client.records('leads')).filter(isLive)
  return new Map([
    ...leads
      .filter((row) => row.contact_kind === 'lead')
      .map((row) => [row.contact_id, row.source_id] as const),
    ...rows
      .flat()
      .filter(isLive)
      .map((row) => [row.id, row.source_id] as const),
  ])
}

const isLive = (row: Stored): boolean => row.deleted_at === null

function readable(row: Stored, names: Map<unknown, unknown>, columns: string[]): Stored {
  const all: Stored = {}
  for (const [column, value] of Object.entries(row)) {
    const relation = relations[column]
    if (relation !== undefined) all[relation] = names.get(value) ?? null
    else all[column] = column.endsWith('_at') && typeof value === 'string' ? Date.parse(value) : value
  }
  // Whether an event is over is a matter of the clock, and has tests of its own.
  if (row.kind === 'event') all.is_done = null
  return Object.fromEntries(columns.map((column) => [column, all[column]]))
}
