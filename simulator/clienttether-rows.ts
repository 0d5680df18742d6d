import {
  fullName,
  rowAt,
  type Activity,
  type Deal,
  type Note,
  type Person,
  type PersonKind,
  type Stage,
} from './facts.ts'
import type { AccountOptions } from './options.ts'
import type { World } from './world.ts'
import type { Zone } from './zone.ts'

/**
 * World facts as ClientTether rows. Field names: types and live-tested mapping in
 * https://github.com/BUILD3R-Dev/mellon-portal `src/lib/clienttether/client.ts` (2026-11-20); all values are text.
 * ASSUMED, seen nowhere: the shape of notes and events, the user fields, and the format of dates.
 */
export type Wire = { world: World; zone: Zone; options: AccountOptions }

/** `contact_type`: "1" is Prospect (seen); that "4" and "5" are clients and partners is ASSUMED. */
const contactTypes: Record<PersonKind, string> = { prospect: '1', customer: '4', partner: '5' }

/** A row of `read_client_list`. */
export function contactRow(wire: Wire, person: Person): Record<string, unknown> {
  return {
    client_id: String(person.id),
    firstName: person.firstName,
    lastName: person.lastName,
    compName: person.company,
    email: person.email,
    phone: person.phone,
    clients_lead_source: sourceName(wire, person.leadSourceId),
    clients_sales_cycle: stageOf(wire, person.stageId)?.name ?? '',
    deal_size: dealSize(person.id, person.amountMinor),
    created: wire.zone.text(person.createdAt),
    last_modified_date: wire.zone.text(person.modifiedAt),
    contact_type: contactTypes[person.kind],
    assigned_user: assignedUser(wire, person.id, person.ownerId),
    clients_action_plan: person.stageId === null ? 'New Lead Drip' : '',
    ...person.wire,
  }
}

/** The row of `read_client_by_id`: the address too, under its write-side names (ASSUMED). */
export function clientRow(wire: Wire, person: Person): Record<string, unknown> {
  return { city: person.city, state: person.state, ...contactRow(wire, person) }
}

/** A row of `read_opportunity_list`. */
export function opportunityRow(wire: Wire, deal: Deal): Record<string, unknown> {
  const person = rowAt(wire.world.people, deal.personIndex)
  const row: Record<string, unknown> = {
    opportunity_id: String(deal.id),
    firstName: person.firstName,
    lastName: person.lastName,
    compName: person.company,
    email: person.email,
    contact_sales_cycle: stageOf(wire, deal.stageId)?.name ?? '',
    deal_size: dealSize(deal.id, deal.amountMinor),
    created: wire.zone.text(deal.createdAt),
    last_modified_date: wire.zone.text(deal.modifiedAt),
    contact_lead_source: sourceName(wire, deal.leadSourceId),
    contact_action_plan: '',
    contact_type: contactTypes[person.kind],
    assigned_user: assignedUser(wire, deal.id, deal.ownerId),
  }
  if (wire.options.opportunityClientId ?? true) row.client_id = String(person.id)
  if (wire.options.franchiseFields ?? false) Object.assign(row, franchiseFields(wire, deal))
  return Object.assign(row, deal.wire)
}

/** Custom fields of franchise developers: territory, how many of them, and the initial fee weighted by likelihood. */
function franchiseFields(wire: Wire, deal: Deal): Record<string, string> {
  const likelihood = stageOf(wire, deal.stageId)?.likelihood ?? null
  const isKnown = likelihood !== null && deal.amountMinor !== null
  const weighted = isKnown ? ((deal.amountMinor ?? 0) * likelihood) / 10_000 : 0
  return { market: deal.market, units: String(deal.units), weighted_iff: isKnown ? weighted.toFixed(2) : '' }
}

/** A row of `read_sales_cycle_list`. */
export function stageRow(stage: Stage): Record<string, string> {
  return {
    sales_cycle_id: String(stage.id),
    sales_cycle_name: stage.name,
    sales_cycle_active_status: stage.isActive ? '1' : '0',
    sales_cycle_order: String(stage.order),
    likelihood_to_close: stage.likelihood === null ? '' : String(stage.likelihood),
    contact_type: '1',
    contact_type_name: 'Prospect',
  }
}

/** A row of `read_client_history_notes` (ASSUMED shape). */
export function noteRow(wire: Wire, person: Person, note: Note): Record<string, string> {
  return {
    id: String(note.id),
    contact_id: String(person.id),
    date: wire.zone.text(note.createdAt),
    author: note.author,
    content: note.text,
  }
}

/** `event_type` on the wire; "appt" is documented, the others are ASSUMED. */
export const eventTypes = { appointment: 'appt', call: 'call', task: 'task', email: 'email' } as const

/** A row of `read_all_events` (ASSUMED shape). */
export function eventRow(wire: Wire, activity: Activity): Record<string, unknown> {
  return {
    event_id: String(activity.id),
    client_id: String(rowAt(wire.world.people, activity.personIndex).id),
    title: activity.title,
    description: activity.description,
    event_type: eventTypes[activity.kind],
    start_date: wire.zone.text(activity.startAt),
    end_date: wire.zone.text(activity.endAt),
    assigned_user: assignedUser(wire, activity.id, activity.ownerId),
    status: activity.status,
    completed: activity.status === 'completed' ? '1' : '0',
    created: wire.zone.text(activity.createdAt),
    last_modified_date: wire.zone.text(activity.modifiedAt),
    ...activity.wire,
  }
}

function stageOf(wire: Wire, stageId: number | null): Stage | undefined {
  const { stages } = wire.world.setting
  // Ids of stages are consecutive, and this runs once for each of a million rows.
  return stageId === null ? undefined : stages[stageId - rowAt(stages, 0).id]
}

function sourceName(wire: Wire, sourceId: number): string {
  return wire.world.setting.leadSources.find((source) => source.id === sourceId)?.name ?? ''
}

/** Empty, or dollars as people type them: 90000, $90,000, 90,000.00; cents only where there are some. */
function dealSize(id: number, amountMinor: number | null): string {
  if (amountMinor === null) return ''
  const dollars = amountMinor / 100
  if (amountMinor % 100 !== 0 || id % 5 === 4) return grouped(dollars.toFixed(2))
  return id % 5 === 3 ? `$${grouped(String(dollars))}` : String(dollars)
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** A plain name, or the name as JSON inside the text; both were seen. A row keeps its form for ever. */
function assignedUser(wire: Wire, id: number, ownerId: number): string {
  const owner = wire.world.setting.owners.find((candidate) => candidate.id === ownerId)
  if (!owner) return ''
  const form = wire.options.assignedUser ?? 'mixed'
  const isJson = form === 'json' || (form === 'mixed' && id % 3 === 0)
  if (!isJson) return fullName(owner)
  return JSON.stringify({ first_name: owner.firstName, last_name: owner.lastName })
}
