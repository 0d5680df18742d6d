import type { AccountOptions, Truth } from '../../simulator/main.ts'
import { recordIds } from '../../worker/record-id.ts'
import type { Arrangement, Client, Stored } from './arrange.ts'
import { copiesOf, expectSame, type Copies } from './copy.ts'

/** Harbour Coffee: a small Pipedrive company that stands still unless a test changes it. */
export const harbour: AccountOptions = {
  crm: 'pipedrive',
  webKey: 'harbour',
  accessToken: 'CANARY-TOKEN-harbour',
  seed: 7,
  people: 60,
  deals: 35,
  changesPerDay: 0,
  notesPerPerson: 1,
}

/** Pages of ten, so that even a small account has several; as fast as it goes. */
export const pipedriveSettings = { requestsPerSecond: 100_000, pageSize: 10, timeZone: 'America/New_York' }

/** A connection to an account that speaks Pipedrive. */
export async function connectPipedrive(
  all: Arrangement,
  settings: Stored = {},
  connector = 'pipedrive',
): Promise<Client> {
  const client = await all.connect(harbour.webKey, {}, `${all.simulator.url}/api/`)
  await all.db.query(`update connections set connector = $2, settings = $3 where id = $1`, [
    client.connectionId,
    connector,
    JSON.stringify({ ...pipedriveSettings, ...settings }),
  ])
  await all.db.query(`delete from connection_secrets where connection_id = $1`, [client.connectionId])
  await client.storeSecret('apiToken', harbour.accessToken)
  return client
}

/** Asserts that what is stored and no tombstone is what the account holds, field by field. */
export async function expectHarbour(client: Client): Promise<void> {
  expectSame(await harbourCopies(client))
}

/** What is stored and no tombstone, and what the account holds. */
export async function harbourCopies(client: Client): Promise<Copies> {
  const names = await namesById(client)
  return copiesOf(client, copyOf(client.account.truth()), (row, columns) => readable(row, names, columns))
}

const at = (iso: string) => Date.parse(iso)
const nameOf = ({ firstName, lastName }: { firstName: string; lastName: string }) =>
  `${firstName} ${lastName}`.trim()
const statusOf = (stage: string | null, stages: Truth['stages']) =>
  stage === 'FA Signed'
    ? 'won'
    : stages.some(({ name, isActive }) => name === stage && !isActive)
      ? 'lost'
      : 'open'

/** What a perfect copy holds, worked out from the facts and not from the pipeline's own rules. Relations by their id in Pipedrive. */
function copyOf(truth: Truth): Record<string, Stored[]> {
  const { people, deals, stages, notes, activities } = truth
  const withDeals = new Set(deals.map(({ personId }) => personId))
  const orgOf = (personId: string) => {
    const person = people.find(({ id }) => id === personId)
    return person === undefined || person.company === '' ? null : String(Number(personId) + 500_000)
  }
  const times = (row: { createdAt: string; modifiedAt: string }) => ({
    source_created_at: at(row.createdAt),
    source_updated_at: at(row.modifiedAt),
  })
  return {
    owners: truth.owners.map((owner) => ({
      source_id: owner.id,
      name: nameOf(owner),
      email: owner.email,
      is_active: true,
    })),
    stages: stages
      .filter(({ isActive }) => isActive)
      .map(({ id, name, order, likelihood }) => ({
        source_id: id,
        name,
        position: order,
        probability: likelihood === null ? 1 : likelihood / 100,
        outcome: 'open',
      })),
    lead_sources: truth.leadSources.map(({ id, name }) => ({ source_id: id, name })),
    companies: people
      .filter(({ company }) => company !== '')
      .map((person) => ({ source_id: orgOf(person.id), name: person.company, ...times(person) })),
    contacts: people.map((person) => ({
      source_id: person.id,
      email: person.email || null,
      phone: person.phone || null,
      company: orgOf(person.id),
      owner: person.ownerId,
      ...times(person),
    })),
    leads: people
      .filter(({ id, kind }) => kind === 'prospect' && !withDeals.has(id))
      .map((person) => ({
        contact: person.id,
        source: person.leadSourceName,
        is_prospect: statusOf(person.stageName, stages) !== 'lost',
        amount_minor: person.amountMinor,
        owner: person.ownerId,
      }))
      .map((lead) => ({ source_id: lead.contact, ...lead })),
    opportunities: deals.map((deal) => {
      const status = statusOf(deal.stageName, stages)
      return {
        source_id: deal.id,
        contact: deal.personId,
        company: orgOf(deal.personId),
        owner: deal.ownerId,
        source: deal.leadSourceName,
        amount_minor: deal.amountMinor ?? 0,
        currency: 'USD',
        market: deal.market,
        units: deal.units,
        status,
        stage: status === 'lost' ? null : (deal.stageId ?? stages[0]?.id),
        probability: Number(deal.id) % 6 === 0 ? 0.65 : null,
        closed_at: status === 'open' ? null : at(deal.modifiedAt),
        ...times(deal),
      }
    }),
    notes: notes.map((note) => ({
      source_id: note.id,
      contact: note.personId,
      author: note.author,
      body: note.text,
      noted_at: at(note.createdAt),
    })),
    activities: activities
      .filter(({ status }) => status !== 'cancelled')
      .map((activity) => ({
        source_id: activity.id,
        contact: activity.personId,
        owner: activity.ownerId,
        subject: activity.title,
        details: activity.description || null,
        kind: { appointment: 'meeting', call: 'call', task: 'task', email: 'email' }[activity.kind],
        due_at: activity.kind === 'task' ? startOfDay(activity.startAt) : at(activity.startAt),
        ends_at: activity.kind === 'task' ? null : at(activity.endAt),
        is_done: activity.status === 'completed',
        completed_at: activity.status === 'completed' ? at(activity.modifiedAt) : null,
        ...times(activity),
      })),
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

async function namesById(client: Client): Promise<Map<unknown, unknown>> {
  const tables = await Promise.all(
    ['contacts', 'companies', 'owners', 'stages'].map((table) => client.records(table)),
  )
  // Somebody who left before we came is known by the id alone.
  const { activities } = client.account.truth()
  const contactId = (personId: string) => recordIds(client.connectionId)('contacts', personId)
  return new Map<unknown, unknown>([
    ...activities.map(({ personId }) => [contactId(personId), personId] as const),
    ...tables.flat().map((row) => [row.id, row.source_id] as const),
  ])
}

function readable(row: Stored, names: Map<unknown, unknown>, columns: string[]): Stored {
  const all: Stored = {}
  for (const [column, value] of Object.entries(row)) {
    const relation = relations[column]
    if (relation !== undefined) all[relation] = value === null ? null : (names.get(value) ?? value)
    else all[column] = column.endsWith('_at') && typeof value === 'string' ? Date.parse(value) : value
  }
  // Where a deal was lost, the facts do not say.
  if (row.status === 'lost') all.stage = null
  // A lead's own id is a UUID that the facts do not hold.
  if ('is_prospect' in row) all.source_id = all.contact
  return Object.fromEntries(columns.map((column) => [column, all[column]]))
}
