import { z } from 'zod'
import type { Context, Row } from '../connector.ts'
import { customValues, mappedNames } from '../mapping.ts'
import { fieldsDefined, learnFields, together, withNames } from './fields.ts'
import { changesOf } from './list.ts'
import type { PipedriveSettings as Settings } from './settings.ts'
import {
  amount,
  customField,
  filled,
  id,
  link,
  reader,
  rest,
  shape,
  stamps,
  text,
  textValue,
  type Item,
} from './values.ts'

const deals = '/api/v2/deals'

/**
 * The list of deals holds neither deleted nor archived ones; they are in lists of their own. A deal may move from one list to
 * another while we read, so a pass that read everything looks once more at what changed since it began.
 */
export const opportunities = changesOf({
  name: 'opportunities',
  source: 'GET /api/v2/deals',
  tables: ['opportunities'],
  phases: [
    {
      path: '/api/v2/dealFields',
      paging: 'cursor',
      changes: 'all',
      learn: learnFields,
      fields: (known, settings) => fieldsDefined(known, mappedNames(settings.fields)),
    },
    { path: deals, paging: 'cursor', changes: 'since' },
    { path: `${deals}/archived`, paging: 'cursor', changes: 'since' },
    { path: deals, query: { status: 'deleted' }, paging: 'cursor', changes: 'since' },
    { path: deals, paging: 'cursor', changes: 'moved' },
  ],
  take: withNames(together),
  item: shape({
    id,
    title: text,
    value: amount,
    currency: text,
    owner_id: id.nullable(),
    person_id: id.nullable(),
    org_id: id.nullable(),
    pipeline_id: id,
    stage_id: id,
    status: z.enum(['open', 'won', 'lost', 'deleted']),
    probability: amount,
    expected_close_date: text,
    won_time: text,
    lost_time: text,
    add_time: text,
    update_time: text,
    is_archived: z.boolean(),
    is_deleted: z.boolean(),
  }),
  version: 2,
  normalise: (item, context) => {
    const read = reader(item)
    const { fields } = context.settings
    const currency = filled(item, 'currency') ?? context.currency
    const amountMinor = read.money('value', currency)
    return {
      rows: {
        opportunities: {
          ...stamps(read),
          ...relations(item, context),
          ...outcome(item, read, context.settings),
          title: filled(item, 'title'),
          stageName: null,
          contactKind: null,
          source: filled(item, 'channel'),
          amountMinor,
          currency: amountMinor === null && customField(item, fields.weightedFee) === null ? null : currency,
          probability:
            read.share('probability') ?? read.share(fields.likely ?? '', customField(item, fields.likely)),
          expectedCloseOn: read.day('expected_close_date'),
          market: textValue(customField(item, fields.market)),
          units: read.count(fields.units ?? '', customField(item, fields.units)),
          weightedFeeMinor: read.fee(fields.weightedFee, currency),
          custom: {
            ...rest(item, used),
            ...(item.is_archived === true && { is_archived: true }),
            ...customValues(fields, (field) => customField(item, field)),
          },
        },
      },
      faults: read.faults,
    }
  },
})

type Opportunity = Row<'opportunities'>
type Reader = ReturnType<typeof reader>

const relations = (item: Item, context: Context<Settings>) => ({
  contactId: link(item, 'person_id', 'contacts', context),
  companyId: link(item, 'org_id', 'companies', context),
  ownerId: link(item, 'owner_id', 'owners', context),
  pipelineId: link(item, 'pipeline_id', 'pipelines', context),
  stageId: link(item, 'stage_id', 'stages', context),
})

/** What became of a deal. One that was archived while it was open is in no pipeline any more, and no total of Pipedrive's counts it. */
function outcome(
  item: Item,
  { when }: Reader,
  { archivedOpenDeals }: Settings,
): Pick<Opportunity, 'status' | 'closedAt'> {
  if (item.status === 'won') return { status: 'won', closedAt: when('won_time') }
  if (item.status === 'lost') return { status: 'lost', closedAt: when('lost_time') }
  if (item.is_archived !== true || archivedOpenDeals === 'open') return { status: 'open', closedAt: null }
  return { status: archivedOpenDeals, closedAt: when('archive_time') }
}

/** Fields with a column of their own, and those that nobody asks for. */
const used = [
  'id',
  'title',
  'value',
  'currency',
  'owner_id',
  'creator_user_id',
  'person_id',
  'org_id',
  'pipeline_id',
  'stage_id',
  'stage_change_time',
  'status',
  'probability',
  'expected_close_date',
  'won_time',
  'lost_time',
  'close_time',
  'archive_time',
  'is_archived',
  'add_time',
  'update_time',
  'local_won_date',
  'local_lost_date',
  'local_close_date',
  'is_deleted',
  'visible_to',
  'origin',
  'channel',
]
