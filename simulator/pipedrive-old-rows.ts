import { fullName, rowAt, type Note, type Owner, type Person } from './facts.ts'
import {
  dealIdOf,
  isArchivedLead,
  isLead,
  leadChangedAt,
  leadId,
  orgId,
  utc,
  utcOld,
} from './pipedrive-facts.ts'
import type { World } from './world.ts'

// Rows of version 1 of the API, where version 2 has no list yet: https://developers.pipedrive.com/docs/api/v1 and a recorded
// list of users (read 2026-11-20). Instants are UTC without saying so, but for leads.

/** A row of `v1/users`. */
export const userRow = (world: World, owner: Owner, timeZone: string): Record<string, unknown> => ({
  id: owner.id,
  name: fullName(owner),
  email: owner.email,
  lang: 1,
  locale: 'en_US',
  timezone_name: timeZone,
  timezone_offset: '-05:00',
  default_currency: 'USD',
  icon_url: null,
  active_flag: true,
  is_deleted: false,
  is_admin: owner.id % 10 === 0 ? 1 : 0,
  role_id: 1,
  created: utcOld(world.setting.startAt - world.setting.historySeconds),
  has_created_company: owner.id % 10 === 0,
  is_you: owner.id % 10 === 0,
  access: [
    { app: 'sales', admin: owner.id % 10 === 0, permission_set_id: '0b6c1f52-5f0e-11f0-8d3a-0242ac120002' },
  ],
  phone: null,
  last_login: utcOld(world.now),
  modified: utcOld(world.setting.startAt - world.setting.historySeconds),
})

/** A row of `v1/notes`. Every other note is about the person's deal, too. */
export function noteRow(world: World, personIndex: number, note: Note): Record<string, unknown> {
  const person = rowAt(world.people, personIndex)
  const author = world.setting.owners.find((owner) => fullName(owner) === note.author)
  const dealId = note.id % 2 === 0 ? dealIdOf(world, personIndex) : null
  const organization = orgId(person)
  return {
    id: note.id,
    user_id: author?.id ?? null,
    deal_id: dealId,
    person_id: person.id,
    org_id: organization,
    lead_id: isLead(world, person) ? leadId(person) : null,
    project_id: null,
    content: note.text,
    add_time: utcOld(note.createdAt),
    update_time: utcOld(note.createdAt),
    active_flag: true,
    pinned_to_deal_flag: false,
    pinned_to_person_flag: false,
    pinned_to_organization_flag: false,
    pinned_to_lead_flag: false,
    pinned_to_project_flag: false,
    last_update_user_id: null,
    organization: organization === null ? null : { name: person.company },
    person: { name: fullName(person) },
    deal: dealId === null ? null : { title: `${fullName(person)} deal` },
    project: null,
    user: { email: author?.email ?? '', name: note.author, icon_url: null, is_you: false },
  }
}

/** A row of `v1/leads` and `v1/leads/archived`. */
export function leadRow(world: World, person: Person): Record<string, unknown> {
  const amount = person.amountMinor === null ? null : { amount: person.amountMinor / 100, currency: 'USD' }
  return {
    id: leadId(person),
    title: `${fullName(person) || person.company || 'Unnamed'} lead`,
    owner_id: person.ownerId,
    creator_id: person.ownerId,
    label_ids: [],
    person_id: person.id,
    organization_id: orgId(person),
    source_name: 'Manually created',
    origin: 'ManuallyCreated',
    origin_id: null,
    channel: person.leadSourceId,
    channel_id: null,
    source_deal_id: null,
    is_archived: isArchivedLead(world, person),
    was_seen: true,
    value: amount,
    expected_close_date: null,
    next_activity_id: null,
    add_time: `${utc(person.createdAt).slice(0, 19)}.417Z`,
    update_time: `${utc(leadChangedAt(world, person)).slice(0, 19)}.417Z`,
    visible_to: '7',
    cc_email: null,
  }
}

const activityTypes = ['call', 'meeting', 'task', 'deadline', 'email', 'lunch', 'site_visit_2']

/** Rows of `v1/activityTypes`. The last one is the company's own, whose key stayed what it was when it got another name. */
export const activityTypeRows = activityTypes.map((key, at) => ({
  id: at + 1,
  name: key === 'site_visit_2' ? 'Discovery day' : key.charAt(0).toUpperCase() + key.slice(1),
  key_string: key,
  icon_key: key,
  color: null,
  order_nr: at + 1,
  is_custom_flag: key === 'site_visit_2',
  active_flag: true,
  add_time: '2024-01-08 09:00:00',
  update_time: null,
}))
