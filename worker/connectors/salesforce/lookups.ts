import { z } from 'zod'
import { StreamError } from '../../errors.ts'
import type { Stream } from '../connector.ts'
import { readDescription } from './columns.ts'
import { changesOf } from './list.ts'
import type { SalesforceSettings as Settings } from './settings.ts'
import { amount, filled, objectOf, reader, rest, shape, shapes, stamps, text } from './values.ts'

/** Users, whom nobody can delete, and the queues that records may wait in. Robots are users too, but nobody's colleagues. */
export const users = changesOf({
  name: 'owners',
  source: 'User, Group',
  tables: ['owners'],
  objects: [
    { name: 'User', fields: ['Name', 'Email', 'IsActive', 'UserType'] },
    {
      name: 'Group',
      prefix: '00G',
      fields: ['Name', 'Type'],
      wished: () => ['Email'],
      only: "Type = 'Queue'",
      mayBeMissing: true,
    },
  ],
  item: shapes({
    User: { Name: text, Email: text, IsActive: z.boolean(), UserType: text },
    Group: { Name: text },
  }),
  version: 1,
  normalise: (item) => {
    const read = reader(item)
    const isQueue = objectOf(item) === 'Group'
    return {
      rows: {
        owners: {
          ...stamps(read),
          name: filled(item, 'Name') ?? 'Unnamed',
          email: filled(item, 'Email'),
          isActive: isQueue || (item.IsActive === true && item.UserType === 'Standard'),
          custom: rest(item, ['Name', 'Email', 'IsActive', 'UserType', 'Type']),
        },
      },
      faults: read.faults,
    }
  },
})

/** Opportunities name their stage by its API name, so that is its id. */
export const stages = changesOf({
  name: 'stages',
  source: 'OpportunityStage',
  tables: ['stages'],
  objects: [
    {
      name: 'OpportunityStage',
      fields: ['ApiName', 'MasterLabel', 'SortOrder', 'IsActive', 'IsClosed', 'IsWon', 'DefaultProbability'],
    },
  ],
  item: shape({
    ApiName: z.string().min(1),
    MasterLabel: text,
    SortOrder: amount,
    IsActive: z.boolean(),
    IsClosed: z.boolean(),
    IsWon: z.boolean(),
    DefaultProbability: amount,
  }),
  version: 1,
  normalise: (item) => {
    const read = reader(item)
    return {
      rows: {
        stages: {
          ...stamps(read),
          pipelineId: null,
          name: filled(item, 'MasterLabel') ?? filled(item, 'ApiName') ?? '',
          position: read.count('SortOrder'),
          probability: read.share('DefaultProbability'),
          isActive: item.IsActive === true,
          outcome: item.IsWon === true ? 'won' : item.IsClosed === true ? 'lost' : 'open',
          contactKind: null,
          custom: {},
        },
      },
      faults: read.faults,
    }
  },
})
stages.identify = (item) => filled(item, 'ApiName')

/** Where leads may come from: the choices of a field. Leads name them by their value. */
export const leadSources: Stream<Settings> = {
  name: 'lead_sources',
  source: 'Lead.LeadSource',
  tables: ['lead_sources'],
  reads: 'full',
  deletes: 'absence',
  lookbackSeconds: 0,
  begin: () => 'choices',
  request: () => ({ method: 'GET', path: 'sobjects/Lead/describe' }),
  page: ({ body }) => {
    const field = readDescription(body).fields.find(({ name }) => name === 'LeadSource')
    const choices = choicesOf.safeParse(field)
    if (!choices.success)
      throw new StreamError('E_PERMISSION', 'the Salesforce user may not see Lead.LeadSource')
    const items = choices.data.picklistValues
    return { items, next: null, total: items.length }
  },
  identify: (item) => filled(item, 'value'),
  item: z.looseObject({ value: z.string().min(1), label: text, active: z.boolean() }),
  version: 1,
  normalise: (item: Record<string, unknown>) => ({
    rows: {
      lead_sources: {
        sourceCreatedAt: null,
        sourceUpdatedAt: null,
        name: filled(item, 'value') ?? '',
        custom: {},
      },
    },
    faults: [],
  }),
}

const choicesOf = z.looseObject({ picklistValues: z.array(z.looseObject({ value: z.string() })) })
