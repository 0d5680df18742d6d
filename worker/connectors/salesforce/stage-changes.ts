import type { Stream } from '../connector.ts'
import { changesOf } from './list.ts'
import type { SalesforceSettings as Settings } from './settings.ts'
import { amount, currencyOf, filled, link, reader, rest, shape, stamps, text } from './values.ts'

const fields = ['OpportunityId', 'StageName', 'Amount', 'CloseDate']

const changes = changesOf({
  name: 'stage_changes',
  source: 'OpportunityHistory',
  tables: ['stage_changes'],
  objects: [
    {
      name: 'OpportunityHistory',
      fields,
      wished: () => ['CurrencyIsoCode'],
      mayBeMissing: true,
    },
  ],
  item: shape({ OpportunityId: text, StageName: text, Amount: amount, CloseDate: text }),
  version: 1,
  normalise: (item, context) => {
    const read = reader(item)
    const stageName = filled(item, 'StageName')
    const currency = currencyOf(item, context)
    const amountMinor = read.money('Amount', currency)
    return {
      rows: {
        stage_changes: {
          ...stamps(read),
          opportunityId: link(item, 'OpportunityId', 'opportunities', context),
          stageId: stageName === null ? null : context.id('stages', stageName),
          stageName,
          amountMinor,
          currency: amountMinor === null ? null : currency,
          expectedCloseOn: read.day('CloseDate'),
          happenedAt: read.when('CreatedDate'),
          custom: rest(item, [...fields, 'CurrencyIsoCode']),
        },
      },
      faults: read.faults,
    }
  },
})

const dayMs = 86_400_000
/** Less than the gap after which everything is read. */
const againMs = 13 * dayMs

/**
 * How opportunities came to stand where they stand, from long before our copy: object reference, OpportunityHistory (read 2026-11-21).
 * A row is added with each change of stage, amount, close date or probability, and none is changed afterwards: the list is read
 * whole at first and after a long gap, and not once a day as others are. The first pass of a day reads the last two weeks again: a row that a
 * long transaction shows late, with the stamp of its beginning, has no later stamp that would bring it.
 */
export const stageChanges: Stream<Settings> = {
  ...changes,
  begin: (pass, settings) => {
    const { since, crmStart } = pass
    if (since === null) return changes.begin({ ...pass, lastFullAt: null }, settings)
    const isNewDay = Math.floor(Date.parse(since) / dayMs) < Math.floor(Date.parse(crmStart) / dayMs)
    const again = new Date(Math.min(Date.parse(since), Date.parse(crmStart) - againMs)).toISOString()
    return changes.begin({ ...pass, since: isNewDay ? again : since, lastFullAt: crmStart }, settings)
  },
}
