import type { Truth, TruthDeal, TruthPerson } from '../../simulator/main.ts'
import { recordIds } from '../../worker/record-id.ts'
import type { Client, Stored } from './arrange.ts'
import { byId, copiesOf, expectSame, type Copies, type Copy } from './copy.ts'
import { hubSpotCopyOf } from './hubspot-truth.ts'
import { harbourCopies } from './pipedrive-client.ts'
import { larkspurCopies } from './salesforce-client.ts'

const zone = 'America/New_York'
const lost = ['Not Interested', 'Never Responded', 'Bad Lead', 'Bad Fit', 'Lost - Territory Not Available']
const kinds = { prospect: '1', customer: '4', partner: '5' }

/** Asserts that what is stored and no tombstone is exactly what the account holds, field by field. */
export async function expectTruth(client: Client): Promise<void> {
  expectSame(await truthAndCopy(client))
}

/** What is stored and no tombstone, and what the account holds. */
export async function truthAndCopy(client: Client): Promise<Copies> {
  const { crm = 'clienttether' } = client.account.options
  if (crm === 'pipedrive') return harbourCopies(client)
  if (crm === 'salesforce') return larkspurCopies(client)
  const names = await namesById(client)
  const expected = (copies[crm] ?? copyOf)(client.account.truth())
  return copiesOf(client, expected, (row, columns) => readable(row, names, columns))
}

/** What each CRM shows of the same world; ClientTether's is below. */
const copies: Record<string, (truth: Truth) => Copy> = { hubspot: hubSpotCopyOf }

/** What a perfect copy holds, worked out from the facts and not from the pipeline's own rules. Relations by name or their id. */
function copyOf(truth: Truth): Copy {
  const people = new Map(truth.people.map((person) => [person.id, person]))
  return {
    owners: byId(
      truth.owners.map(({ firstName, lastName, email }) => ({
        source_id: `${firstName} ${lastName}`.toLowerCase(),
        name: `${firstName} ${lastName}`,
        email,
      })),
    ),
    stages: byId(
      truth.stages.map((stage) => ({
        source_id: stage.name.toLowerCase(),
        name: stage.name,
        position: stage.order,
        probability: stage.likelihood === null ? null : stage.likelihood / 100,
        is_active: stage.isActive,
        outcome: outcomeOf(stage.name),
        contact_kind: '1',
      })),
    ),
    lead_sources: byId(truth.leadSources.map(({ id, name }) => ({ source_id: id, name }))),
    leads: byId(truth.people.map(leadOf)),
    contacts: byId(truth.people.map(contactOf)),
    opportunities: byId(truth.deals.map((deal) => opportunityOf(deal, truth, people.get(deal.personId)))),
    notes: byId(
      truth.notes.map((note) => ({
        source_id: note.id,
        contact: note.personId,
        author: note.author,
        body: note.text,
        noted_at: wallClock(note.createdAt),
      })),
    ),
    activities: byId(
      truth.activities
        .filter(({ kind }) => kind === 'appointment')
        .map((activity) => ({
          source_id: activity.id,
          contact: activity.personId,
          owner: truth.owners
            .filter(({ id }) => id === activity.ownerId)
            .map(({ firstName, lastName }) => `${firstName} ${lastName}`)[0],
          kind: 'appt',
          subject: activity.title,
          details: activity.description || null,
          due_at: activity.status === 'cancelled' ? null : wallClock(activity.startAt),
          ends_at: activity.status === 'cancelled' ? null : wallClock(activity.endAt),
          is_done: activity.status !== 'scheduled',
          ...times(activity),
        })),
    ),
  }
}

function leadOf(person: TruthPerson): Stored {
  return {
    source_id: person.id,
    contact: person.id,
    name: nameOf(person),
    source: person.leadSourceName,
    stage: person.stageName ?? 'New Lead',
    stage_name: person.stageName ?? 'New Lead',
    contact_kind: kinds[person.kind],
    is_prospect: person.kind === 'prospect',
    owner: person.ownerName,
    amount_minor: person.amountMinor,
    currency: person.amountMinor === null ? null : 'USD',
    ...times(person),
  }
}

function contactOf(person: TruthPerson): Stored {
  return {
    source_id: person.id,
    first_name: person.firstName || null,
    last_name: person.lastName || null,
    company_name: person.company || null,
    email: person.email || null,
    phone: person.phone || null,
    owner: person.ownerName,
    ...times(person),
  }
}

function opportunityOf(deal: TruthDeal, truth: Truth, person: TruthPerson | undefined): Stored {
  const likelihood = truth.stages.find(({ id }) => id === deal.stageId)?.likelihood ?? null
  const stage = deal.stageName ?? 'New Lead'
  const weighted =
    likelihood === null || deal.amountMinor === null
      ? null
      : Number(((deal.amountMinor * likelihood) / 10_000).toFixed(2).replace('.', ''))
  return {
    source_id: deal.id,
    contact: deal.personId,
    title: person === undefined ? null : nameOf(person),
    owner: deal.ownerName,
    stage,
    stage_name: stage,
    status: outcomeOf(stage),
    contact_kind: person === undefined ? null : kinds[person.kind],
    source: deal.leadSourceName,
    amount_minor: deal.amountMinor,
    currency: deal.amountMinor === null ? null : 'USD',
    market: deal.market,
    units: deal.units,
    weighted_fee_minor: weighted,
    ...times(deal),
  }
}

const nameOf = ({ firstName, lastName, company }: TruthPerson) =>
  `${firstName} ${lastName}`.trim() || company || null

const outcomeOf = (stage: string) => (stage === 'FA Signed' ? 'won' : lost.includes(stage) ? 'lost' : 'open')

const times = ({ createdAt, modifiedAt }: { createdAt: string; modifiedAt: string }) => ({
  source_created_at: wallClock(createdAt),
  source_updated_at: wallClock(modifiedAt),
})

/** The wire carries local time without a zone: of an hour that is there twice, a reader can know only the first. */
function wallClock(iso: string): number {
  const local = Temporal.Instant.from(iso).toZonedDateTimeISO(zone).toPlainDateTime()
  return local.toZonedDateTime(zone, { disambiguation: 'earlier' }).epochMilliseconds
}

const relations: Record<string, string> = {
  contact_id: 'contact',
  owner_id: 'owner',
  stage_id: 'stage',
  opportunity_id: 'opportunity',
}
const instants = [
  'source_created_at',
  'source_updated_at',
  'noted_at',
  'due_at',
  'ends_at',
  'completed_at',
  'closed_at',
]

async function namesById(client: Client): Promise<Map<unknown, unknown>> {
  const [owners, stages, contacts, opportunities] = await Promise.all(
    ['owners', 'stages', 'contacts', 'opportunities'].map((table) => client.records(table)),
  )
  // Somebody who left before we came is known by the id alone.
  const contactId = (personId: string) => recordIds(client.connectionId)('contacts', personId)
  const { activities } = client.account.truth()
  return new Map([
    ...activities.map(({ personId }) => [contactId(personId), personId] as const),
    ...(owners ?? []).map((row) => [row.id, row.name] as const),
    ...(stages ?? []).map((row) => [row.id, row.name] as const),
    ...(contacts ?? []).map((row) => [row.id, row.source_id] as const),
    ...(opportunities ?? []).map((row) => [row.id, row.source_id] as const),
  ])
}

function readable(row: Stored, names: Map<unknown, unknown>, wanted: string[]): Stored {
  const read = Object.entries(row).map(([column, value]) => {
    if (column in relations) return [relations[column], names.get(value) ?? value]
    if (instants.includes(column) && typeof value === 'string') return [column, Date.parse(value)]
    return [column, value]
  })
  const all = Object.fromEntries(read) as Stored
  return Object.fromEntries(wanted.map((column) => [column, all[column]]))
}
