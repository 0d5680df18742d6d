import type { Truth, TruthDeal, TruthPerson, TruthStage } from '../../simulator/main.ts'
import type { Stored } from './arrange.ts'
import { byId, type Copy } from './copy.ts'

const zone = 'US/Eastern'
const lost = ['Not Interested', 'Never Responded', 'Bad Lead', 'Bad Fit', 'Lost - Territory Not Available']
const leadStages = ['New', 'Attempting', 'Connected', 'Qualified', 'Disqualified']

/** What a perfect copy of a HubSpot account holds, worked out from the facts and not from the pipeline's own rules. */
export function hubSpotCopyOf(truth: Truth): Copy {
  const people = new Map(truth.people.map((person) => [person.id, person]))
  const dealOf = new Map<string, string>()
  for (const { id, personId } of truth.deals) {
    const known = dealOf.get(personId)
    if (known === undefined || Number(id) < Number(known)) dealOf.set(personId, id)
  }
  const about = (personId: string) => ({
    contact: people.has(personId) ? personId : null,
    opportunity: people.has(personId) ? (dealOf.get(personId) ?? null) : null,
  })
  const ownerNames = new Map(
    truth.owners.map(({ id, firstName, lastName }) => [id, `${firstName} ${lastName}`]),
  )
  return {
    owners: byId(
      truth.owners.map(({ id, firstName, lastName, email }) => ({
        source_id: id,
        name: `${firstName} ${lastName}`,
        email,
        is_active: true,
      })),
    ),
    pipelines: byId([
      { source_id: 'deals/default', name: 'Franchise sales', position: 0 },
      { source_id: 'leads/lead-pipeline-id', name: 'Lead pipeline', position: 0 },
    ]),
    stages: byId([
      ...truth.stages.map((stage) => ({
        source_id: `deals/default/${stage.id}`,
        name: stage.name,
        position: stage.order - 1,
        probability: (stage.likelihood ?? 0) / 100,
        is_active: true,
        outcome: outcomeOf(stage.name),
      })),
      ...leadStages.map((name, position) => ({
        source_id: `leads/lead-pipeline-id/${['new', 'attempting', 'connected', 'qualified', 'unqualified'][position]}-stage-id`,
        name,
        position,
        probability: null,
        is_active: true,
        outcome: name === 'Qualified' ? 'won' : name === 'Disqualified' ? 'lost' : 'open',
      })),
    ]),
    contacts: byId(
      truth.people.map((person) => ({
        source_id: person.id,
        first_name: person.firstName || null,
        last_name: person.lastName || null,
        company_name: person.company || null,
        email: person.email || null,
        phone: person.phone || null,
        owner: person.ownerName,
        ...times(person),
      })),
    ),
    // The id of a lead tells nothing that the rest does not.
    leads: byId(
      truth.people
        .filter(({ kind }) => kind === 'prospect')
        .map((person) => ({
          contact: person.id,
          name: nameOf(person),
          source: person.leadSourceName,
          stage: leadStage(truth.stages, person),
          contact_kind: 'NEW_BUSINESS',
          is_prospect: true,
          owner: person.ownerName,
          amount_minor: null,
          ...times(person),
        })),
    ),
    opportunities: byId(truth.deals.map((deal) => opportunityOf(deal, truth, people.get(deal.personId)))),
    notes: byId(
      truth.notes.map((note) => ({
        source_id: note.id,
        ...about(note.personId),
        owner: note.author,
        body: note.text,
        noted_at: Date.parse(note.createdAt),
      })),
    ),
    activities: byId(
      truth.activities.map((activity) => {
        const [type, kind] = types[activity.kind]
        return {
          source_id: `${type}/${activity.id}`,
          ...about(activity.personId),
          owner: ownerNames.get(activity.ownerId),
          kind,
          subject: activity.title,
          details: activity.description || null,
          due_at: isOff(type, activity.status) ? null : Date.parse(activity.startAt),
          ends_at: type === 'meetings' && !isOff(type, activity.status) ? Date.parse(activity.endAt) : null,
          is_done: isDone(type, activity.status),
          ...times(activity),
        }
      }),
    ),
  }
}

const types = {
  appointment: ['meetings', 'meeting'],
  call: ['calls', 'call'],
  task: ['tasks', 'task'],
  email: ['emails', 'email'],
} as const

/** A deferred task is still to be done; a cancelled meeting or call is not, and is due at no time. */
const isOff = (type: string, status: string): boolean =>
  status === 'cancelled' && (type === 'meetings' || type === 'calls')
const isDone = (type: string, status: string): boolean => status === 'completed' || isOff(type, status)

function opportunityOf(deal: TruthDeal, truth: Truth, person: TruthPerson | undefined): Stored {
  const stage = truth.stages.find(({ id }) => id === deal.stageId) ?? truth.stages[0]
  const name = stage?.name ?? ''
  const probability = (stage?.likelihood ?? 0) / 100
  const outcome = outcomeOf(name)
  const weighted = deal.amountMinor === null ? null : ((deal.amountMinor * probability) / 100).toFixed(2)
  const closedAt = outcome === 'open' ? null : Date.parse(deal.modifiedAt)
  return {
    source_id: deal.id,
    title: person === undefined ? null : nameOf(person),
    contact: deal.personId,
    owner: deal.ownerName,
    stage: name,
    status: outcome,
    amount_minor: deal.amountMinor,
    currency: deal.amountMinor === null ? null : 'USD',
    probability,
    closed_at: closedAt,
    expected_close_on: closedAt === null ? null : dayOf(closedAt),
    source: deal.leadSourceName,
    market: deal.market,
    units: deal.units,
    weighted_fee_minor: weighted === null ? null : Number(weighted.replace('.', '')),
    ...times(deal),
  }
}

const days = new Intl.DateTimeFormat('en-CA', { timeZone: zone })
const dayOf = (ms: number): string => days.format(ms)

const nameOf = ({ firstName, lastName, company }: TruthPerson) =>
  `${firstName} ${lastName}`.trim() || company || null

const outcomeOf = (stage: string) => (stage === 'FA Signed' ? 'won' : lost.includes(stage) ? 'lost' : 'open')

/** How far a prospect is, as HubSpot's own lead stages tell it. */
function leadStage(stages: TruthStage[], { stageId }: TruthPerson): string {
  const position = stages.findIndex(({ id }) => id === stageId)
  if (position < 0) return 'New'
  if (position > 16) return 'Disqualified'
  if (position >= 12) return 'Qualified'
  return position >= 5 ? 'Connected' : 'Attempting'
}

const times = ({ createdAt, modifiedAt }: { createdAt: string; modifiedAt: string }) => ({
  source_created_at: Date.parse(createdAt),
  source_updated_at: Date.parse(modifiedAt),
})
