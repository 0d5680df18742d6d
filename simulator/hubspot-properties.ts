import { fullName, rowAt, type Activity, type Deal, type Note, type Person, type Stage } from './facts.ts'
import { phaseOf, type Phase } from './stages.ts'
import type { World } from './world.ts'

// World facts as HubSpot properties: text or null, every one of them. Names: the object guides and the properties API at
// https://developers.hubspot.com/docs (read 2026-11-20). `lead_source`, `market`, `units` and `weighted_fee` are custom ones.

/** Every property of a record. */
export type Properties = Record<string, string | null>

export const iso = (seconds: number): string => new Date(seconds * 1000).toISOString()
const filled = (text: string): string | null => (text === '' ? null : text)

/** The pipeline of deals. */
export const PIPELINE = 'default'

const lifecycles = { prospect: 'lead', customer: 'customer', partner: 'other' } as const

export function contactProperties(world: World, person: Person): Properties {
  return {
    ...common(person, person.ownerId),
    lastmodifieddate: iso(person.modifiedAt),
    firstname: filled(person.firstName),
    lastname: filled(person.lastName),
    email: filled(person.email),
    phone: filled(person.phone),
    mobilephone: null,
    company: filled(person.company),
    jobtitle: null,
    city: person.city,
    state: person.state,
    lifecyclestage: lifecycles[person.kind],
    hs_lead_status: person.stageId === null ? 'NEW' : 'IN_PROGRESS',
    lead_source: sourceName(world, person.leadSourceId),
    hs_additional_emails: null,
    hs_calculated_merged_vids: null,
    hs_merged_object_ids: world.mergedIds(person).join(';') || null,
  }
}

const leadStages: Record<Phase, string> = {
  first: 'attempting-stage-id',
  middle: 'connected-stage-id',
  last: 'qualified-stage-id',
  won: 'qualified-stage-id',
  lost: 'unqualified-stage-id',
}

export function leadProperties(world: World, person: Person): Properties {
  const stage =
    person.stageId === null ? 'new-stage-id' : leadStages[phaseOf(world.setting.stages, person.stageId)]
  return {
    ...common(person, person.ownerId),
    hs_lead_name: filled(fullName(person)) ?? filled(person.company),
    hs_lead_type: 'NEW_BUSINESS',
    hs_lead_label: null,
    hs_pipeline: 'lead-pipeline-id',
    hs_pipeline_stage: stage,
    lead_source: sourceName(world, person.leadSourceId),
  }
}

/** HubSpot puts every deal in a stage: who was never put in one stands in the first. */
export function dealProperties(world: World, deal: Deal): Properties {
  const stage = stageOf(world, deal.stageId)
  const { isClosed, probability } = standingOf(stage)
  const amount = deal.amountMinor === null ? null : amountText(deal)
  const weighted = ((deal.amountMinor ?? 0) * Number(probability)) / 100
  return {
    ...common(deal, deal.ownerId),
    dealname: dealName(rowAt(world.people, deal.personIndex)),
    amount,
    amount_in_home_currency: amount,
    deal_currency_code: null,
    hs_exchange_rate: null,
    closedate: isClosed ? iso(deal.modifiedAt) : null,
    dealstage: String(stage.id),
    pipeline: PIPELINE,
    dealtype: 'newbusiness',
    description: null,
    hs_is_closed: String(isClosed),
    hs_is_closed_won: String(isClosed && probability === '1.0'),
    hs_deal_stage_probability: probability,
    hs_forecast_amount: amount,
    closed_lost_reason: null,
    closed_won_reason: null,
    hs_analytics_source: 'OFFLINE',
    lead_source: sourceName(world, deal.leadSourceId),
    market: deal.market,
    units: String(deal.units),
    weighted_fee: amount === null ? null : weighted.toFixed(2),
    hs_merged_object_ids: null,
  }
}

const dealName = (person: Person): string | null => filled(fullName(person)) ?? filled(person.company)

/** Whole amounts come with and without decimals; both were recorded. */
function amountText({ id, amountMinor }: Deal): string {
  const minor = amountMinor ?? 0
  return minor % 100 !== 0 || id % 2 === 0 ? (minor / 100).toFixed(2) : String(minor / 100)
}

/** What a stage says of itself, as text. Chances that nobody set are none. */
export function standingOf({ likelihood, isActive }: Stage): { isClosed: boolean; probability: string } {
  const probability = ((likelihood ?? 0) / 100).toFixed(2).replace(/0$/, '')
  return { isClosed: likelihood === 100 || !isActive, probability }
}

export function noteProperties(_: World, note: Note & { modifiedAt: number; ownerId: number }): Properties {
  return {
    ...common(note, note.ownerId),
    hs_timestamp: iso(note.createdAt),
    hs_note_body: note.text,
    hs_attachment_ids: null,
  }
}

export function callProperties(_: World, call: Activity): Properties {
  const statuses = { scheduled: 'QUEUED', completed: 'COMPLETED', cancelled: 'CANCELED' } as const
  return {
    ...common(call, call.ownerId),
    hs_timestamp: iso(call.startAt),
    hs_call_title: call.title,
    hs_call_body: filled(call.description),
    hs_call_duration: call.status === 'completed' ? String((call.endAt - call.startAt) * 1000) : null,
    hs_call_direction: 'OUTBOUND',
    hs_call_disposition: call.status === 'completed' ? 'f240bbac-87c9-4f6e-bf70-924b57d47db7' : null,
    hs_call_status: statuses[call.status],
    hs_activity_type: null,
  }
}

export function meetingProperties(_: World, meeting: Activity): Properties {
  const outcomes = { scheduled: 'SCHEDULED', completed: 'COMPLETED', cancelled: 'CANCELED' } as const
  return {
    ...common(meeting, meeting.ownerId),
    hs_timestamp: iso(meeting.startAt),
    hs_meeting_title: meeting.title,
    hs_meeting_body: filled(meeting.description),
    hs_internal_meeting_notes: null,
    hs_meeting_start_time: iso(meeting.startAt),
    hs_meeting_end_time: iso(meeting.endAt),
    hs_meeting_location: null,
    hs_meeting_external_url: null,
    hs_meeting_outcome: outcomes[meeting.status],
    hs_activity_type: null,
  }
}

export function taskProperties(_: World, task: Activity): Properties {
  const statuses = { scheduled: 'NOT_STARTED', completed: 'COMPLETED', cancelled: 'DEFERRED' } as const
  return {
    ...common(task, task.ownerId),
    hs_timestamp: iso(task.startAt),
    hs_task_subject: task.title,
    hs_task_body: filled(task.description),
    hs_task_status: statuses[task.status],
    hs_task_priority: 'NONE',
    hs_task_type: 'EMAIL',
  }
}

export function emailProperties(_: World, email: Activity): Properties {
  return {
    ...common(email, email.ownerId),
    hs_timestamp: iso(email.startAt),
    hs_email_direction: 'EMAIL',
    hs_email_subject: email.title,
    hs_email_text: filled(email.description),
    hs_email_html: email.description === '' ? null : `<p>${email.description}</p>`,
    hs_email_status: email.status === 'completed' ? 'SENT' : 'SCHEDULED',
  }
}

type Common = { id: number; createdAt: number; modifiedAt: number }

function common(row: Common, ownerId: number): Properties {
  return {
    hs_object_id: String(row.id),
    createdate: iso(row.createdAt),
    hs_createdate: iso(row.createdAt),
    hs_lastmodifieddate: iso(row.modifiedAt),
    hubspot_owner_id: String(ownerId),
  }
}

export function stageOf(world: World, stageId: number | null): Stage {
  const { stages } = world.setting
  return stages.find(({ id }) => id === stageId) ?? rowAt(stages, 0)
}

const sourceName = (world: World, sourceId: number): string | null =>
  world.setting.leadSources.find(({ id }) => id === sourceId)?.name ?? null
