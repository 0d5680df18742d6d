import { describe, expect, test } from 'vitest'
import type { AnyConnector, Normalised, Stream } from '../../../worker/connectors/connector.ts'
import { hubSpot } from '../../../worker/connectors/hubspot.ts'
import { pipedrive } from '../../../worker/connectors/pipedrive.ts'
import { salesforce } from '../../../worker/connectors/salesforce.ts'
import { contextOf } from '../../../worker/context.ts'
import { readSettings } from '../../../worker/open.ts'
import { connectionId, deal, type Wire } from './pipedrive-reading.ts'

/**
 * Keys and types that the CRMs' own examples and recorded answers hold and that our stand-ins never send, as
 * `docs/crm-shapes.md` lists them. The values are invented.
 */
function read(connector: AnyConnector, name: string, item: Wire): Normalised {
  const stream = connector.streams.find((one) => one.name === name) as Stream<never>
  const parsed = stream.item.safeParse(item)
  expect(parsed.error?.issues ?? []).toEqual([])
  return stream.normalise(parsed.data as never, contextOf(connectionId, readSettings(connector, {}), 'USD'))
}

/** A postal place as Pipedrive sends it. */
const place = {
  value: '12 Quay Street, Galway, Ireland',
  country: 'Ireland',
  admin_area_level_1: 'County Galway',
  admin_area_level_2: '',
  locality: 'Galway',
  sublocality: '',
  route: 'Quay Street',
  street_number: '12',
  subpremise: '',
  postal_code: 'H91 E9PK',
}

const pipedriveActivity: Wire = {
  id: 41,
  subject: 'Walk the site',
  type: 'meeting',
  owner_id: 302,
  creator_user_id: 301,
  is_deleted: false,
  add_time: '2026-02-03T14:05:11Z',
  update_time: '2026-02-05T09:12:40Z',
  deal_id: 8_051_632,
  lead_id: null,
  person_id: 71,
  org_id: 12,
  project_id: 9,
  due_date: '2026-03-01',
  due_time: '10:30:00',
  duration: '01:00:00',
  busy: true,
  done: false,
  marked_as_done_time: null,
  location: place,
  participants: [{ person_id: 71, primary: true }],
  attendees: [
    {
      email: 'ann.ferreira@example.com',
      name: 'Ann Ferreira',
      status: 'accepted',
      is_organizer: false,
      person_id: 71,
      user_id: null,
    },
  ],
  conference_meeting_client: 'zoom',
  conference_meeting_url: 'https://meet.example.com/41',
  conference_meeting_id: '41-41-41',
  public_description: 'At the corner',
  priority: 263,
  note: null,
}

describe('Pipedrive', () => {
  test('a deal with labels, an archive time, a channel, recurring revenue and the lead it came from', () => {
    const { rows, faults } = read(pipedrive, 'opportunities', {
      ...deal,
      label_ids: [4, 9],
      archive_time: '2026-02-06T08:00:00Z',
      channel_id: 'spring-fair',
      source_lead_id: 'b0d7c1f2-0000-4000-8000-0000000000aa',
      acv: 120,
      arr: 120.5,
      mrr: 10,
      custom_fields: {},
    })
    expect(faults).toEqual([])
    expect(rows.opportunities).toMatchObject({ amountMinor: 9_000_050n, currency: 'EUR' })
  })

  test('an activity with a place, people who accepted and a meeting in a browser', () => {
    const { rows, faults } = read(pipedrive, 'activities', pipedriveActivity)
    expect(faults).toEqual([])
    expect(rows.activities).toMatchObject({ subject: 'Walk the site', dueAt: '2026-03-01T10:30:00.000Z' })
  })

  test('a note that belongs to a project, changed by somebody with a picture', () => {
    const { rows, faults } = read(pipedrive, 'notes', {
      id: 5,
      user_id: 302,
      content: '<p>They signed.</p>',
      deal_id: 8_051_632,
      lead_id: null,
      person_id: null,
      org_id: null,
      project_id: 9,
      project: { title: 'Opening' },
      add_time: '2026-02-03 14:05:11',
      update_time: '2026-02-05 09:12:40',
      active_flag: true,
      pinned_to_deal_flag: false,
      pinned_to_lead_flag: false,
      pinned_to_organization_flag: false,
      pinned_to_person_flag: false,
      pinned_to_project_flag: true,
      last_update_user_id: 303,
      deal: { title: 'Ferreira, two territories' },
      lead: null,
      organization: null,
      person: null,
      user: {
        email: 'pat@example.com',
        icon_url: 'https://files.example.com/pat.png',
        is_you: false,
        name: 'Pat Okafor',
      },
    })
    expect(faults).toEqual([])
    expect(rows.notes).toMatchObject({ author: 'Pat Okafor' })
  })

  test('a person with a birthday, messengers, a job and a postal address', () => {
    const { rows, faults } = read(pipedrive, 'contacts', {
      id: 71,
      name: 'Ann Ferreira',
      first_name: 'Ann',
      last_name: 'Ferreira',
      owner_id: 302,
      org_id: 12,
      add_time: '2026-02-03T14:05:11Z',
      update_time: '2026-02-05T09:12:40Z',
      emails: [{ value: 'ann.ferreira@example.com', primary: true, label: 'work' }],
      phones: [{ value: '5550100100', primary: true, label: 'mobile' }],
      is_deleted: false,
      visible_to: 7,
      label_ids: [2],
      picture_id: 88,
      notes: 'Likes boats',
      im: [{ value: 'ann.f', primary: true, label: 'signal' }],
      birthday: '1980-04-01',
      job_title: 'Owner',
      postal_address: place,
      custom_fields: {},
    })
    expect(faults).toEqual([])
    expect(rows.contacts).toMatchObject({ firstName: 'Ann', email: 'ann.ferreira@example.com' })
  })
})

describe('HubSpot', () => {
  const properties = {
    dealname: 'Ferreira',
    amount: '90000.50',
    deal_currency_code: 'USD',
    dealstage: null,
    pipeline: null,
    dealtype: null,
    closedate: null,
    createdate: '2026-02-03T14:05:11.000Z',
    hs_lastmodifieddate: '2026-02-05T09:12:40.120Z',
    hubspot_owner_id: null,
    hs_is_closed: null,
    hs_is_closed_won: null,
    hs_deal_stage_probability: null,
    hs_merged_object_ids: null,
    hs_analytics_source: null,
    closed_lost_reason: null,
    closed_won_reason: null,
    hs_object_id: '479475667160',
  }

  test('a deal without pipeline and stage, with the address of its page', () => {
    const { rows, faults } = read(hubSpot, 'opportunities', {
      id: '479475667160',
      properties,
      createdAt: '2026-02-03T14:05:11.000Z',
      updatedAt: '2026-02-05T09:12:40.120Z',
      archived: false,
      url: 'https://app.example.com/contacts/1/record/0-3/479475667160',
      links: {},
    })
    expect(faults).toEqual([])
    expect(rows.opportunities).toMatchObject({ stageId: null, pipelineId: null, status: 'open' })
  })
})

describe('Salesforce', () => {
  test('a user of a profile, with the addresses and names apart', () => {
    const { rows, faults } = read(salesforce, 'owners', {
      attributes: { type: 'User', url: '/services/data/v67.0/sobjects/User/0050900000Bf63SAAR' },
      Id: '0050900000Bf63SAAR',
      Username: 'pat@example.com.sandbox',
      Email: 'pat@example.com',
      FirstName: null,
      LastName: 'Okafor',
      Name: 'Okafor',
      IsActive: true,
      UserType: 'Standard',
      ProfileId: '00e09000000OP4wAAG',
      Profile: {
        attributes: { type: 'Profile', url: '/services/data/v67.0/sobjects/Profile/00e09000000OP4wAAG' },
        Name: 'Standard',
      },
      SystemModstamp: '2026-02-05T09:12:40.000+0000',
    })
    expect(faults).toEqual([])
    expect(rows.owners).toMatchObject({ name: 'Okafor', email: 'pat@example.com' })
  })
})
