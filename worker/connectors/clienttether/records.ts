import { customValues, mappedNames } from '../mapping.ts'
import { list, idFrom } from './list.ts'
import { filled, outcome, ownerId, personName, reader, rest, shape, standing, value } from './values.ts'

const contactFields = [
  'client_id',
  'firstName',
  'lastName',
  'compName',
  'email',
  'phone',
  'clients_lead_source',
  'clients_sales_cycle',
]
const recordFields = ['deal_size', 'created', 'last_modified_date', 'contact_type', 'assigned_user']

/** One client of ClientTether is both a person and, by its contact type, a lead: one item, two rows. */
export const clients = list({
  name: 'leads',
  operation: 'read_client_list',
  tables: ['leads', 'contacts'],
  item: shape(...contactFields, ...recordFields),
  version: 1,
  identify: idFrom('client_id'),
  normalise: (item, context) => {
    const { faults, when, amount } = reader(item, context)
    const shared = {
      sourceCreatedAt: when('created'),
      sourceUpdatedAt: when('last_modified_date'),
      ownerId: ownerId(item, context),
    }
    const amountMinor = amount('deal_size')
    return {
      faults,
      rows: {
        leads: {
          ...shared,
          contactId: context.id('contacts', value(item, 'client_id')),
          name: personName(item),
          source: filled(item, 'clients_lead_source'),
          ...standing(item, 'clients_sales_cycle', context),
          contactKind: filled(item, 'contact_type'),
          isProspect: context.settings.prospectTypes.includes(value(item, 'contact_type')),
          amountMinor,
          currency: amountMinor === null ? null : (context.settings.currency ?? context.currency),
          custom: rest(item, ...contactFields, ...recordFields),
        },
        contacts: {
          ...shared,
          firstName: filled(item, 'firstName'),
          lastName: filled(item, 'lastName'),
          companyName: filled(item, 'compName'),
          companyId: null,
          email: filled(item, 'email'),
          phone: filled(item, 'phone'),
          custom: {},
        },
      },
    }
  },
})

const opportunityFields = [
  'opportunity_id',
  'firstName',
  'lastName',
  'compName',
  'contact_sales_cycle',
  'contact_lead_source',
]

export const opportunities = list({
  name: 'opportunities',
  operation: 'read_opportunity_list',
  mapped: ({ fields }) => mappedNames(fields),
  tables: ['opportunities'],
  item: shape(...opportunityFields, ...recordFields),
  version: 2,
  identify: idFrom('opportunity_id'),
  normalise: (item, context) => {
    const { faults, when, amount, count, share } = reader(item, context)
    const { fields } = context.settings
    const amountMinor = amount('deal_size')
    const weightedFeeMinor = amount(fields.weightedFee ?? '')
    const client = value(item, 'client_id')
    const { stageName, stageId } = standing(item, 'contact_sales_cycle', context)
    return {
      faults,
      rows: {
        opportunities: {
          sourceCreatedAt: when('created'),
          sourceUpdatedAt: when('last_modified_date'),
          title: personName(item),
          contactId: client === '' ? null : context.id('contacts', client),
          companyId: null,
          ownerId: ownerId(item, context),
          pipelineId: null,
          stageId,
          stageName,
          status: outcome(stageName, context.settings),
          contactKind: filled(item, 'contact_type'),
          source: filled(item, 'contact_lead_source'),
          amountMinor,
          currency:
            amountMinor === null && weightedFeeMinor === null
              ? null
              : (context.settings.currency ?? context.currency),
          probability: share(fields.likely ?? ''),
          expectedCloseOn: null,
          closedAt: null,
          market: filled(item, fields.market ?? ''),
          units: count(fields.units ?? ''),
          weightedFeeMinor,
          custom: {
            ...rest(item, ...opportunityFields, ...recordFields, 'client_id'),
            ...customValues(fields, (field) => filled(item, field)),
          },
        },
      },
    }
  },
})
