import { v1, v2 } from 'pipedrive'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  startSimulator,
  type AccountOptions,
  type SimulatedAccount,
  type Simulator,
} from '../../simulator/main.ts'

// Pipedrive's own client for Node reads our stand-in, page by page, and has to find the world.

const harbour: AccountOptions = {
  crm: 'pipedrive',
  webKey: 'harbour',
  accessToken: 'token-of-harbour',
  seed: 7,
  people: 260,
  deals: 150,
  changesPerDay: 0,
  notesPerPerson: 2,
}

let simulator: Simulator
let account: SimulatedAccount
let newer: v2.Configuration
let older: v1.Configuration

beforeEach(async () => {
  simulator = await startSimulator({ accounts: [harbour] })
  account = simulator.account('harbour')
  newer = new v2.Configuration({ apiKey: harbour.accessToken, basePath: `${simulator.url}/api/v2` })
  older = new v1.Configuration({ apiKey: harbour.accessToken, basePath: `${simulator.url}/v1` })
})
afterEach(() => simulator.close())

type CursorPage<T> = { data?: T[]; additional_data?: { next_cursor?: string | null } }

/** Every row of a list of version 2, as the client pages it. */
async function byCursor<T>(list: (cursor?: string) => Promise<CursorPage<T>>): Promise<T[]> {
  const rows: T[] = []
  for (let cursor: string | undefined; ;) {
    const page = await list(cursor)
    rows.push(...(page.data ?? []))
    cursor = page.additional_data?.next_cursor ?? undefined
    if (cursor === undefined) return rows
  }
}

type Paged = {
  additional_data?: { pagination?: { more_items_in_collection?: boolean; next_start?: number } }
}

/** Every row of a list of version 1. */
async function byOffset<T>(list: (start: number) => Promise<{ data?: T[] }>): Promise<T[]> {
  const rows: T[] = []
  for (let start = 0; ;) {
    const page = await list(start)
    rows.push(...(page.data ?? []))
    // The client's types have the paging of leads another way than the documentation, which decides.
    const { additional_data: said } = page as Paged
    const { more_items_in_collection: hasMore, next_start: next } = said?.pagination ?? {}
    if (hasMore !== true) return rows
    start = next ?? 0
  }
}

const limit = 40
const ids = (rows: { id?: number | string }[]) => rows.map(({ id }) => String(id)).sort()
const refused = (asked: Promise<unknown>) =>
  asked.then(
    () => null,
    (error: unknown) => error,
  )

describe('the official client of version 2', () => {
  test('pages all deals: those in the list, in the archive, and the deleted ones', async () => {
    const deals = new v2.DealsApi(newer)
    const before = account.truth().deals
    const [gone, put] = [before[3]?.id ?? '', before[8]?.id ?? '']
    account.removeDeal(gone)
    account.archiveDeal(put)
    const open = await byCursor((cursor) => deals.getDeals({ limit, cursor }))
    const archived = await byCursor((cursor) => deals.getArchivedDeals({ limit, cursor }))
    const deleted = await byCursor((cursor) => deals.getDeals({ limit, cursor, status: 'deleted' }))
    expect(ids([...open, ...archived])).toEqual(ids(account.truth().deals))
    expect(ids(archived)).toContain(put)
    expect(deleted).toMatchObject([{ id: Number(gone), is_deleted: true }])
    for (const truth of account.truth().deals) {
      const row = [...open, ...archived].find(({ id }) => String(id) === truth.id)
      expect(row).toMatchObject({
        value: (truth.amountMinor ?? 0) / 100,
        currency: 'USD',
        person_id: Number(truth.personId),
        owner_id: Number(truth.ownerId),
        add_time: truth.createdAt.replace('.000', ''),
        update_time: truth.modifiedAt.replace('.000', ''),
      })
    }
  })

  test('pages people, organizations and activities', async () => {
    const { people, activities } = account.truth()
    const persons = new v2.PersonsApi(newer)
    const organizations = new v2.OrganizationsApi(newer)
    const calendar = new v2.ActivitiesApi(newer)
    const rows = await byCursor((cursor) => persons.getPersons({ limit, cursor }))
    expect(ids(rows)).toEqual(ids(people))
    for (const person of people.slice(0, 50)) {
      const row = rows.find(({ id }) => String(id) === person.id)
      expect(row?.first_name ?? '').toBe(person.firstName)
      expect(row?.emails?.map(({ value }) => value) ?? []).toEqual(person.email === '' ? [] : [person.email])
    }
    const companies = await byCursor((cursor) => organizations.getOrganizations({ limit, cursor }))
    expect(companies.map(({ name }) => name)).toEqual(
      people.map(({ company }) => company).filter((company) => company !== ''),
    )
    const listed = activities.filter(({ status }) => status !== 'cancelled')
    const entries = await byCursor((cursor) => calendar.getActivities({ limit, cursor }))
    expect(ids(entries)).toEqual(ids(listed))
    for (const entry of entries) {
      const truth = listed.find(({ id }) => id === String(entry.id))
      expect(entry).toMatchObject({ done: truth?.status === 'completed', subject: truth?.title })
      if (truth?.kind !== 'task') expect(`${entry.due_date}T${entry.due_time}.000Z`).toBe(truth?.startAt)
      else expect(entry.due_time).toBeNull()
    }
  })

  test('asks for changes by the second, and is refused milliseconds', async () => {
    const persons = new v2.PersonsApi(newer)
    simulator.advance(3_600_000)
    const changed = account.truth().people[5]?.id ?? ''
    account.editPerson(changed, { firstName: 'Renamed' })
    const { modifiedAt } = account.truth().people.find(({ id }) => id === changed) ?? { modifiedAt: '' }
    const since = modifiedAt.replace('.000', '')
    expect(ids((await persons.getPersons({ updated_since: since })).data ?? [])).toEqual([changed])
    expect(await refused(persons.getPersons({ updated_since: modifiedAt }))).toMatchObject({ success: false })
  })

  test('lists pipelines, stages and the definitions of fields', async () => {
    const pipelines = (await new v2.PipelinesApi(newer).getPipelines()).data ?? []
    expect(pipelines.map(({ name }) => name)).toEqual(['Franchise sales', 'Renewals'])
    const stages = (await new v2.StagesApi(newer).getStages()).data ?? []
    const active = account.truth().stages.filter(({ isActive }) => isActive)
    expect(stages.map(({ id, name, deal_probability: likely }) => [String(id), name, likely])).toEqual(
      active.map(({ id, name, likelihood }) => [id, name, likelihood ?? 100]),
    )
    const fields = (await new v2.DealFieldsApi(newer).getDealFields()).data ?? []
    expect(fields.find(({ field_name: name }) => name === 'Market')).toMatchObject({
      field_type: 'varchar',
      is_custom_field: true,
    })
    const channel = fields.find(({ field_code: code }) => code === 'channel')
    expect(channel?.options?.map(({ label }) => label)).toEqual(
      account.truth().leadSources.map(({ name }) => name),
    )
  })
})

describe('the official client of version 1', () => {
  test('pages notes and leads, and lists users and kinds of activities', async () => {
    const { notes, people, deals, owners } = account.truth()
    const listed = await byOffset((start) => new v1.NotesApi(older).getNotes({ start, limit }))
    expect(ids(listed)).toEqual(ids(notes))
    for (const note of notes.slice(0, 60)) {
      const row = listed.find(({ id }) => String(id) === note.id)
      expect(row).toMatchObject({ content: note.text, person_id: Number(note.personId) })
      expect(row?.add_time).toBe(note.createdAt.slice(0, 19).replace('T', ' '))
    }
    const leads = new v1.LeadsApi(older)
    const active = await byOffset((start) => leads.getLeads({ start, limit }))
    const archived = await byOffset((start) => leads.getArchivedLeads({ start, limit }))
    const withDeals = new Set(deals.map(({ personId }) => personId))
    const expected = people.filter(({ id, kind }) => kind === 'prospect' && !withDeals.has(id))
    expect([...active, ...archived].map(({ person_id: person }) => String(person)).sort()).toEqual(
      ids(expected),
    )
    expect(archived.every(({ is_archived: isArchived }) => isArchived)).toBe(true)
    const users = (await new v1.UsersApi(older).getUsers()).data ?? []
    expect(users.map(({ id, email }) => [String(id), email])).toEqual(
      owners.map(({ id, email }) => [id, email]),
    )
    const kinds = (await new v1.ActivityTypesApi(older).getActivityTypes()).data ?? []
    expect(kinds.map(({ key_string: key }) => key)).toContain('meeting')
  })
})

test('the official client is turned away with a token that nobody has', async () => {
  const stranger = new v2.Configuration({ apiKey: 'another', basePath: `${simulator.url}/api/v2` })
  expect(await refused(new v2.DealsApi(stranger).getDeals())).toEqual({
    success: false,
    error: 'unauthorized access',
    errorCode: 401,
    error_info: 'Please check developers.pipedrive.com',
  })
})

test('the official client renews its access and goes where the answer says', async () => {
  const oauth = {
    clientId: 'an-app',
    clientSecret: 'its secret',
    refreshToken: 'refresh-0',
    homeField: 'api_domain',
  } as const
  const consenting = await startSimulator({ accounts: [{ ...harbour, oauth }] })
  try {
    const { clientId, clientSecret } = oauth
    const access = new v2.OAuth2Configuration({
      clientId,
      clientSecret,
      redirectUri: 'https://app.example/back',
      host: consenting.url,
    })
    access.updateToken({ refresh_token: oauth.refreshToken } as Parameters<typeof access.updateToken>[0] &
      object)
    const granted = await access.tokenRefresh()
    access.updateToken(granted)
    expect(access.basePath).toBe(`${consenting.url}/api/v2`)
    const { basePath } = access
    const persons = new v2.PersonsApi(new v2.Configuration({ accessToken: access.getAccessToken, basePath }))
    expect((await persons.getPersons({ limit: 5 })).data).toHaveLength(5)
    consenting.account('harbour').endAccess()
    expect(await refused(persons.getPersons())).toMatchObject({ errorCode: 401 })
  } finally {
    await consenting.close()
  }
})

describe('the official client writes', () => {
  test('an activity about a deal, and the end of the deal', async () => {
    const deal = account.truth().deals.find(({ stageName }) => stageName === 'FDD Sent')
    const id = Number(deal?.id)
    const activities = new v2.ActivitiesApi(newer)
    const { data } = await activities.addActivity({
      AddActivityRequest: {
        subject: 'Call',
        type: 'task',
        deal_id: id,
        due_date: '2026-12-01',
        due_time: '09:00:00',
      },
    })
    expect(data).toMatchObject({ subject: 'Call', deal_id: id, due_time: '09:00:00' })
    const deals = new v2.DealsApi(newer)
    await deals.updateDeal({ id, UpdateDealRequest: { status: 'lost', lost_reason: 'Chose another brand' } })
    expect((await deals.getDeal({ id })).data).toMatchObject({
      status: 'lost',
      lost_reason: 'Chose another brand',
    })
    const wrong = deals.updateDeal({ id, UpdateDealRequest: { status: 'gone' } })
    await expect(wrong).rejects.toMatchObject({ success: false, code: 'ERR_SCHEMA_VALIDATION_FAILED' })
  })
})
