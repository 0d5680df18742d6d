import { z } from 'zod'
import type { Row } from '../connector.ts'
import { customValues, mappedNames } from '../mapping.ts'
import type { Item } from './chain.ts'
import { changesOf } from './list.ts'
import { amount, currencyOf, filled, link, reader, rest, shape, stamps, text } from './values.ts'

const fields = [
  'Name',
  'AccountId',
  'StageName',
  'Amount',
  'Probability',
  'CloseDate',
  'LeadSource',
  'IsClosed',
  'IsWon',
  'OwnerId',
]

/** Good to have, where the org has them: the currency only where there are several, the contact only since 2019. */
const wished = [
  'CurrencyIsoCode',
  'ContactId',
  'LastStageChangeDate',
  'NextStep',
  'Type',
  'ForecastCategoryName',
  'RecordTypeId',
]

/** Object reference: Opportunity (read 2026-11-20). Amounts are in the record's own currency. */
export const opportunities = changesOf({
  name: 'opportunities',
  source: 'Opportunity',
  tables: ['opportunities'],
  objects: [
    {
      name: 'Opportunity',
      fields,
      wished: (settings) => [...mappedNames(settings.fields), ...wished],
    },
  ],
  item: shape({
    Name: text,
    AccountId: text,
    StageName: text,
    Amount: amount,
    Probability: amount,
    CloseDate: text,
    LeadSource: text,
    IsClosed: z.boolean(),
    IsWon: z.boolean(),
    OwnerId: text,
  }),
  version: 2,
  normalise: (item, context) => {
    const read = reader(item)
    const { settings } = context
    const { market, units, weightedFee, likely } = settings.fields
    const currency = currencyOf(item, context)
    const amountMinor = read.money('Amount', currency)
    const weightedFeeMinor = read.money(weightedFee ?? '', currency)
    return {
      rows: {
        opportunities: {
          ...stamps(read),
          ...outcome(item, read),
          title: filled(item, 'Name'),
          contactId: link(item, 'ContactId', 'contacts', context),
          companyId: link(item, 'AccountId', 'companies', context),
          ownerId: link(item, 'OwnerId', 'owners', context),
          pipelineId: null,
          stageId:
            filled(item, 'StageName') === null ? null : context.id('stages', filled(item, 'StageName') ?? ''),
          stageName: filled(item, 'StageName'),
          contactKind: null,
          source: filled(item, 'LeadSource'),
          amountMinor,
          currency: amountMinor === null && weightedFeeMinor === null ? null : currency,
          probability: read.share(likely ?? '') ?? read.share('Probability'),
          expectedCloseOn: read.day('CloseDate'),
          market: filled(item, market ?? ''),
          units: read.count(units ?? ''),
          weightedFeeMinor,
          custom: {
            ...rest(item, [...fields, 'CurrencyIsoCode', 'ContactId', 'LastStageChangeDate']),
            ...customValues(settings.fields, (field) => item[field]),
          },
        },
      },
      faults: read.faults,
    }
  },
})

/** What became of it, and when: it has been closed since its stage changed last. */
function outcome(
  item: Item,
  { when }: ReturnType<typeof reader>,
): Pick<Row<'opportunities'>, 'status' | 'closedAt'> {
  if (item.IsClosed !== true) return { status: 'open', closedAt: null }
  return { status: item.IsWon === true ? 'won' : 'lost', closedAt: when('LastStageChangeDate') }
}
