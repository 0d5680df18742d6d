import { z } from 'zod'
import type { Known } from './chain.ts'
import { channelsOf } from './fields.ts'
import type { Row } from './envelope.ts'
import { wholeList } from './list.ts'
import { amount, filled, id, reader, rest, shape, stamps, text } from './values.ts'

const flag = z.union([z.boolean(), z.literal(0), z.literal(1)])

/** Not paged. A user who left is marked and stays in the list. */
export const users = wholeList({
  name: 'owners',
  source: 'GET /v1/users',
  tables: ['owners'],
  phases: [{ path: 'v1/users', paging: 'none', changes: 'all' }],
  // Whether somebody came by, or who it is that asks, does not make another user of anybody.
  take: ({ last_login: _login, is_you: _you, access: _access, ...user }) => [user],
  isGone: () => false,
  item: shape({ id, name: z.string(), email: text, active_flag: flag }),
  version: 1,
  normalise: (item) => {
    const read = reader(item)
    return {
      rows: {
        owners: {
          sourceCreatedAt: read.when('created'),
          sourceUpdatedAt: read.when('modified'),
          name: String(item.name),
          email: filled(item, 'email'),
          isActive: Boolean(item.active_flag) && item.is_deleted !== true,
          custom: rest(item, [...userFields, 'id', 'name', 'email', 'created', 'modified', 'active_flag']),
        },
      },
      faults: read.faults,
    }
  },
})

/** Documented, and nothing that anybody asks for. */
const userFields = ['lang', 'locale', 'icon_url', 'is_deleted', 'has_created_company', 'timezone_offset']

/** Neither pipelines nor stages can be asked for changes. */
export const pipelines = wholeList({
  name: 'pipelines',
  source: 'GET /api/v2/pipelines',
  tables: ['pipelines'],
  phases: [{ path: '/api/v2/pipelines', paging: 'cursor', changes: 'all' }],
  item: shape({ id, name: z.string(), order_nr: z.number(), is_deal_probability_enabled: z.boolean() }),
  version: 1,
  normalise: (item) => {
    const read = reader(item)
    return {
      rows: {
        pipelines: {
          ...stamps(read),
          name: String(item.name),
          position: read.count('order_nr', item.order_nr),
          custom: rest(item, ['id', 'name', 'order_nr', 'is_deleted', 'add_time', 'update_time']),
        },
      },
      faults: read.faults,
    }
  },
})

/** In a pipeline that keeps no probabilities every stage says 100, which means nothing. */
function learnProbabilities(known: Known, rows: Row[]): Known {
  const kept = rows.map((row) => [String(row.id), row.is_deal_probability_enabled === true] as const)
  return { ...known, ...Object.fromEntries(kept) }
}

export const stages = wholeList({
  name: 'stages',
  source: 'GET /api/v2/stages',
  tables: ['stages'],
  phases: [
    { path: '/api/v2/pipelines', paging: 'cursor', changes: 'all', learn: learnProbabilities },
    { path: '/api/v2/stages', paging: 'cursor', changes: 'all' },
  ],
  take: (row, known) => [
    { ...row, deal_probability: known[String(row.pipeline_id)] === false ? null : row.deal_probability },
  ],
  item: shape({ id, name: z.string(), order_nr: z.number(), pipeline_id: id, deal_probability: amount }),
  version: 1,
  normalise: (item, context) => {
    const read = reader(item)
    const used = ['id', 'name', 'order_nr', 'pipeline_id', 'deal_probability', 'is_deleted']
    return {
      rows: {
        stages: {
          ...stamps(read),
          pipelineId: context.id('pipelines', String(item.pipeline_id)),
          name: String(item.name),
          position: read.count('order_nr', item.order_nr),
          probability: read.share('deal_probability'),
          isActive: true,
          // Won and lost are what a deal is, not where it stands.
          outcome: 'open',
          contactKind: null,
          custom: rest(item, [...used, 'add_time', 'update_time', 'is_deal_rot_enabled']),
        },
      },
      faults: read.faults,
    }
  },
})

/** The marketing channels of a company, from the options of that field of deals. */
export const channels = wholeList({
  name: 'lead_sources',
  source: 'GET /api/v2/dealFields, options of the channel',
  tables: ['lead_sources'],
  phases: [{ path: '/api/v2/dealFields', paging: 'cursor', changes: 'all' }],
  take: channelsOf,
  item: shape({ id, label: z.string() }),
  version: 1,
  normalise: (item) => ({
    faults: [],
    rows: {
      lead_sources: {
        sourceCreatedAt: null,
        sourceUpdatedAt: null,
        name: String(item.label),
        custom: rest(item, ['id', 'label']),
      },
    },
  }),
})
