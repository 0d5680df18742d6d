import { expect, test } from 'vitest'
import type { Stream } from '../../../worker/connectors/connector.ts'
import { isCalledOff } from '../../../worker/connectors/called-off.ts'
import { connectors } from '../../../worker/connectors/registry.ts'
import { contextOf } from '../../../worker/context.ts'
import { readSettings } from '../../../worker/open.ts'
import { connectionId, type Wire } from './reading.ts'

const meeting: Wire = {
  hs_createdate: '2026-02-03T14:05:11Z',
  hs_lastmodifieddate: '2026-02-05T09:12:40Z',
  hs_timestamp: '2026-02-05T09:00:00Z',
  hs_meeting_start_time: '2026-02-05T09:00:00Z',
  hs_meeting_end_time: '2026-02-05T10:00:00Z',
  hs_meeting_title: 'Walk the site',
  hs_meeting_body: null,
  hs_meeting_location: null,
  hubspot_owner_id: null,
}
const call: Wire = {
  hs_createdate: '2026-02-03T14:05:11Z',
  hs_lastmodifieddate: '2026-02-05T09:12:40Z',
  hs_timestamp: '2026-02-05T09:00:00Z',
  hs_call_title: 'Fees',
  hubspot_owner_id: null,
}
const task: Wire = {
  attributes: { type: 'Task' },
  Id: '00TWW0000001Ab2YAE',
  Subject: 'Walk the site',
  ActivityDate: '2026-02-05',
  IsClosed: true,
  CompletedDateTime: '2026-02-05T09:12:40.000+0000',
  CreatedDate: '2026-02-03T14:05:11.000+0000',
  SystemModstamp: '2026-02-05T09:12:40.000+0000',
}
const event: Wire = { event_id: '9', client_id: '8', title: 'Call', start_date: '2026-02-05 09:00:00' }

/** As HubSpot lists it. */
const inHubSpot = (type: string, properties: Wire): Wire => ({ type, id: '71', properties, links: {} })

async function read(crm: string, item: Wire) {
  const connector = await connectors.get(crm)
  if (connector === undefined) throw new Error(`there is no ${crm}`)
  const stream = connector.streams.find(({ name }) => name === 'activities') as Stream<never>
  const context = contextOf(connectionId, readSettings(connector, {}), 'USD')
  return stream.normalise(item as never, context).rows.activities
}

test.each([
  ['clienttether', { ...event, status: 'Canceled' }, { ...event, completed: '1' }],
  ['clienttether', { ...event, status: 'no show' }, { ...event, completed: '1' }],
  [
    'hubspot',
    inHubSpot('meetings', { ...meeting, hs_meeting_outcome: 'CANCELED' }),
    inHubSpot('meetings', { ...meeting, hs_meeting_outcome: 'COMPLETED' }),
  ],
  [
    'hubspot',
    inHubSpot('meetings', { ...meeting, hs_meeting_outcome: 'NO_SHOW' }),
    inHubSpot('meetings', { ...meeting, hs_meeting_outcome: 'COMPLETED' }),
  ],
  [
    'hubspot',
    inHubSpot('meetings', { ...meeting, hs_meeting_outcome: 'RESCHEDULED' }),
    inHubSpot('meetings', { ...meeting, hs_meeting_outcome: 'COMPLETED' }),
  ],
  [
    'hubspot',
    inHubSpot('calls', { ...call, hs_call_status: 'CANCELED' }),
    inHubSpot('calls', { ...call, hs_call_status: 'COMPLETED' }),
  ],
  ['salesforce', { ...task, Status: 'Cancelled' }, { ...task, Status: 'Completed' }],
])(
  'in %s what was called off is due at no time, no contact, and nothing to do: %o',
  async (crm, off, held) => {
    const row = await read(crm, off)
    expect(row).toMatchObject({ isDone: true, dueAt: null, endsAt: null, completedAt: null })
    // When it would have been is not lost.
    expect(JSON.stringify(row?.custom)).toMatch(crm === 'salesforce' ? /Cancelled/ : /2026-02-05/)
    const other = await read(crm, held)
    expect([other?.isDone, other?.completedAt ?? other?.dueAt]).toEqual([
      true,
      expect.stringMatching(/^2026-02-05/),
    ])
  },
)

test.each(['SCHEDULED', 'Completed', 'Deferred', 'Not cancelled', ''])('%s is not called off', (word) => {
  expect(isCalledOff(word)).toBe(false)
})
