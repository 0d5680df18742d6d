import { Client } from '@hubspot/api-client'
import { AssociationSpecAssociationCategoryEnum } from '@hubspot/api-client/lib/codegen/crm/objects/tasks/index.js'
import { FilterOperatorEnum } from '@hubspot/api-client/lib/codegen/crm/deals/index.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSimulator, type SimulatedAccount, type Simulator } from '../../simulator/main.ts'

// HubSpot's own client for Node, as its users have it, against our stand-in: what it reads is what the world holds.

let simulator: Simulator
let account: SimulatedAccount
let client: Client

beforeAll(async () => {
  simulator = await startSimulator({
    accounts: [
      {
        crm: 'hubspot',
        webKey: 'portal',
        accessToken: 'pat-na1-official',
        seed: 7,
        people: 260,
        changesPerDay: 0,
      },
    ],
  })
  account = simulator.account('portal')
  const [first] = account.truth().people
  for (let n = 0; n < 120; n += 1) account.addDeal(first?.id ?? '', { amountMinor: 100_000 + n })
  account.addActivity(first?.id ?? '', {
    kind: 'email',
    title: 'Franchise disclosure',
    description: 'As promised',
  })
  client = new Client({
    accessToken: 'pat-na1-official',
    basePath: simulator.url,
    limiterOptions: { minTime: 0 },
  })
})
afterAll(() => simulator.close())

const ids = (rows: { id: string }[]) => rows.map(({ id }) => id).sort()
const truth = () => account.truth()
/** Ids of associations are text in SPEC and in the client's types; the wire sends numbers, and the client hands them on. */
const asText = (id: unknown) => String(id)
const seconds = (instant: Date | string | null | undefined) => new Date(instant ?? 0).toISOString()

describe('the official client lists', () => {
  test('contacts with what they are called', async () => {
    const found = await client.crm.contacts.getAll(100, undefined, [
      'firstname',
      'lastname',
      'email',
      'company',
    ])
    const seen = found.map(({ id, properties, createdAt, updatedAt }) => ({
      id,
      ...properties,
      createdAt: seconds(createdAt),
      updatedAt: seconds(updatedAt),
    }))
    const meant = truth().people.map((person) => ({
      id: person.id,
      firstname: person.firstName || null,
      lastname: person.lastName || null,
      email: person.email || null,
      company: person.company || null,
      createdAt: person.createdAt,
      updatedAt: person.modifiedAt,
    }))
    expect(seen.map((row) => expect.objectContaining(row))).toHaveLength(meant.length)
    expect(seen).toEqual(meant.map((row) => expect.objectContaining(row) as unknown))
  })

  test('deals with their amounts, stages and owners', async () => {
    const asked = ['dealname', 'amount', 'dealstage', 'pipeline', 'hubspot_owner_id']
    const found = await client.crm.deals.getAll(100, undefined, asked)
    const first = truth().stages[0]?.id
    expect(
      found.map(({ id, properties }) => [
        id,
        properties.amount === null ? null : Math.round(Number(properties.amount) * 100),
        properties.dealstage,
        properties.hubspot_owner_id,
      ]),
    ).toEqual(truth().deals.map((deal) => [deal.id, deal.amountMinor, deal.stageId ?? first, deal.ownerId]))
  })

  test('leads, notes, calls, meetings, tasks and e-mails', async () => {
    const { people, notes, activities } = truth()
    const prospects = people.filter(({ kind }) => kind === 'prospect')
    expect(prospects.length).toBeGreaterThan(100)
    const leads = await readAll('leads', ['hs_lead_name'], ['contacts'])
    expect(new Set(ids(leads)).size).toBe(prospects.length)
    expect(
      new Map(
        leads.map(({ properties, associations }) => [
          associations?.contacts?.results[0]?.id,
          properties.hs_lead_name,
        ]),
      ),
    ).toEqual(
      new Map(
        prospects.map(({ id, firstName, lastName, company }) => [
          id,
          `${firstName} ${lastName}`.trim() || company || null,
        ]),
      ),
    )
    const kinds = { calls: 'call', meetings: 'appointment', tasks: 'task', emails: 'email' } as const
    for (const [type, kind] of Object.entries(kinds)) {
      const page = await readAll(type)
      expect(ids(page), type).toEqual(ids(activities.filter((activity) => activity.kind === kind)))
    }
    expect(ids(await readAll('notes'))).toEqual(ids(notes))
  })

  async function readAll(type: string, properties?: string[], associations?: string[]) {
    const { basicApi } = client.crm.objects
    const rows: Awaited<ReturnType<typeof basicApi.getPage>>['results'] = []
    for (let after: string | undefined; ;) {
      const page = await basicApi.getPage(type, 100, after, properties, undefined, associations)
      rows.push(...page.results)
      after = page.paging?.next?.after
      if (after === undefined) return rows
    }
  }

  test('associations beside the records that have some', async () => {
    const page = await client.crm.deals.basicApi.getPage(100, undefined, ['dealname'], undefined, [
      'contacts',
    ])
    const { deals } = truth()
    expect(page.results.map(({ id, associations }) => [id, associations?.contacts?.results[0]?.id])).toEqual(
      deals.slice(0, 100).map(({ id, personId }) => [id, personId]),
    )
  })

  test('what was archived, apart from what is there', async () => {
    const [deal] = truth().deals
    account.removeDeal(deal?.id ?? '')
    const archived = await client.crm.deals.getAll(100, undefined, ['dealname'], undefined, undefined, true)
    expect(archived.map(({ id, archived: isArchived }) => [id, isArchived])).toEqual([[deal?.id, true]])
    expect(archived[0]?.archivedAt).toBeInstanceOf(Date)
    expect(ids(await client.crm.deals.getAll(100))).not.toContain(deal?.id)
    account.restoreDeal(deal?.id ?? '')
    expect(ids(await client.crm.deals.getAll(100))).toContain(deal?.id)
  })
})

describe('the official client finds', () => {
  const since = (instant: string) => [
    {
      filters: [
        {
          propertyName: 'hs_lastmodifieddate',
          operator: FilterOperatorEnum.Gte,
          value: String(Date.parse(instant)),
        },
      ],
    },
  ]

  test('what changed since an instant, in the order of its changes, page by page', async () => {
    const stamps = truth()
      .deals.map(({ modifiedAt }) => modifiedAt)
      .sort()
    const middle = stamps[Math.floor(stamps.length / 2)] ?? ''
    const found: { id: string; at: string }[] = []
    for (let after: string | undefined; ;) {
      const page = await client.crm.deals.searchApi.doSearch({
        filterGroups: since(middle),
        sorts: ['hs_lastmodifieddate'],
        properties: ['dealname'],
        limit: 50,
        after: after ?? '',
      })
      found.push(...page.results.map(({ id, updatedAt }) => ({ id, at: seconds(updatedAt) })))
      after = page.paging?.next?.after
      if (after === undefined) break
      expect(page.total).toBe(stamps.filter((stamp) => stamp >= middle).length)
    }
    expect(ids(found)).toEqual(ids(truth().deals.filter(({ modifiedAt }) => modifiedAt >= middle)))
    expect(found.map(({ at }) => at)).toEqual(found.map(({ at }) => at).toSorted())
  })

  test('nothing beyond the ten thousandth', async () => {
    const beyond = client.crm.deals.searchApi.doSearch({
      limit: 100,
      after: '9950',
      filterGroups: [],
      sorts: [],
      properties: [],
    })
    await expect(beyond).rejects.toMatchObject({ code: 400 })
  })

  test('whose person a deal is about, in one batch', async () => {
    const deals = truth().deals.slice(0, 30)
    const answer = await client.crm.associations.v4.batchApi.getPage('deals', 'contacts', {
      inputs: deals.map(({ id }) => ({ id })),
    })
    expect(answer.results.map(({ _from: from, to }) => [from.id, asText(to[0]?.toObjectId)])).toEqual(
      deals.map(({ id, personId }) => [id, personId]),
    )
    expect(answer.results[0]?.to[0]?.associationTypes[0]?.typeId).toBe(3)
  })

  test('all deals of somebody who has more than one answer shows', async () => {
    const [person] = truth().people
    const meant = ids(truth().deals.filter(({ personId }) => personId === person?.id))
    expect(meant.length).toBeGreaterThan(100)
    const found: { id: string }[] = []
    for (let after: string | undefined; ;) {
      const { results } = await client.crm.associations.v4.batchApi.getPage('contacts', 'deals', {
        inputs: [{ id: person?.id ?? '', ...(after !== undefined && { after }) }],
      })
      found.push(...(results[0]?.to ?? []).map(({ toObjectId }) => ({ id: asText(toObjectId) })))
      after = results[0]?.paging?.next?.after
      if (after === undefined) break
    }
    expect(ids(found)).toEqual(meant)
  })

  test('who two merged contacts have become', async () => {
    const { people, deals } = truth()
    const [one, two] = people.filter(({ id }) => deals.every(({ personId }) => personId !== id))
    account.mergePeople(one?.id ?? '', two?.id ?? '')
    for (const old of [one, two]) {
      const found = await client.crm.contacts.basicApi.getById(old?.id ?? '', ['hs_merged_object_ids'])
      expect(found.id).not.toBe(old?.id)
      expect(found.properties.hs_merged_object_ids?.split(';').sort()).toEqual(
        ids([one, two] as { id: string }[]),
      )
      expect(ids(truth().people)).toContain(found.id)
    }
  })
})

describe('the official client knows', () => {
  test('the owners', async () => {
    const { results } = await client.crm.owners.ownersApi.getPage()
    expect(results.map(({ id, email, firstName, lastName }) => ({ id, email, firstName, lastName }))).toEqual(
      truth().owners,
    )
  })

  test('the pipelines and their stages', async () => {
    const { results } = await client.crm.pipelines.pipelinesApi.getAll('deals')
    const stages = results.flatMap((pipeline) => pipeline.stages)
    expect(stages.map(({ id, label, displayOrder }) => [id, label, displayOrder + 1])).toEqual(
      truth().stages.map(({ id, name, order }) => [id, name, order]),
    )
    expect(
      stages.filter(({ metadata }) => metadata?.isClosed === 'true' && metadata.probability === '1.0'),
    ).toMatchObject([{ label: 'FA Signed' }])
    expect((await client.crm.pipelines.pipelinesApi.getAll('leads')).results[0]?.stages).toHaveLength(5)
  })

  test('which properties a deal has', async () => {
    const { results } = await client.crm.properties.coreApi.getAll('deals')
    expect(results.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['amount', 'dealname', 'market', 'units']),
    )
  })

  test('when it is not let in', async () => {
    const stranger = new Client({
      accessToken: 'pat-na1-stranger',
      basePath: simulator.url,
      numberOfApiCallRetries: 0,
    })
    await expect(stranger.crm.deals.basicApi.getPage(10)).rejects.toMatchObject({ code: 401 })
  })
})

describe('the official client writes', () => {
  test('a task about a deal, and the end of the deal', async () => {
    const [deal] = truth().deals
    const task = await client.crm.objects.tasks.basicApi.create({
      properties: {
        hs_timestamp: '2026-12-01T09:00:00.000Z',
        hs_task_subject: 'Call',
        hs_task_status: 'NOT_STARTED',
      },
      associations: [
        {
          to: { id: deal?.id ?? '' },
          types: [
            {
              associationCategory: AssociationSpecAssociationCategoryEnum.HubspotDefined,
              associationTypeId: 216,
            },
          ],
        },
      ],
    })
    expect(truth().activities.find(({ id }) => id === task.id)).toMatchObject({
      title: 'Call',
      personId: deal?.personId,
    })
    const won = truth().stages.find(({ likelihood }) => likelihood === 100)
    await client.crm.deals.basicApi.update(deal?.id ?? '', { properties: { dealstage: won?.id ?? '' } })
    expect(truth().deals.find(({ id }) => id === deal?.id)?.stageId).toBe(won?.id)
    const wrong = client.crm.deals.basicApi.update(deal?.id ?? '', { properties: { dealstage: 'none' } })
    await expect(wrong).rejects.toMatchObject({ code: 400 })
  })
})
