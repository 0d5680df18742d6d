import { list, idFrom } from './list.ts'
import { filled, nameKey, outcome, reader, rest, shape, stageKey, value } from './values.ts'

/** ASSUMED shape. */
export const users = list({
  name: 'owners',
  operation: 'read_user_list',
  tables: ['owners'],
  item: shape('user_id', 'first_name', 'last_name'),
  version: 1,
  // Records name their user by name, so the name is the id that they share.
  identify: (item) => nameKey(`${value(item, 'first_name')} ${value(item, 'last_name')}`) || null,
  normalise: (item) => ({
    faults: [],
    rows: {
      owners: {
        sourceCreatedAt: null,
        sourceUpdatedAt: null,
        name: `${value(item, 'first_name')} ${value(item, 'last_name')}`.trim(),
        email: filled(item, 'email'),
        isActive: null,
        custom: rest(item, 'first_name', 'last_name', 'email'),
      },
    },
  }),
})

export const salesCycles = list({
  name: 'stages',
  operation: 'read_sales_cycle_list',
  tables: ['stages'],
  item: shape(
    'sales_cycle_id',
    'sales_cycle_name',
    'sales_cycle_active_status',
    'sales_cycle_order',
    'likelihood_to_close',
    'contact_type',
  ),
  version: 1,
  identify: (item, settings) => {
    const stage = value(item, 'sales_cycle_name')
    return stage === '' ? null : stageKey(stage, value(item, 'contact_type'), settings)
  },
  normalise: (item, context) => {
    const { faults, count, share } = reader(item, context)
    const stage = value(item, 'sales_cycle_name')
    return {
      faults,
      rows: {
        stages: {
          sourceCreatedAt: null,
          sourceUpdatedAt: null,
          pipelineId: null,
          name: stage,
          position: count('sales_cycle_order'),
          probability: share('likelihood_to_close'),
          isActive: value(item, 'sales_cycle_active_status') === '1',
          outcome: outcome(stage, context.settings),
          contactKind: filled(item, 'contact_type'),
          custom: rest(
            item,
            'sales_cycle_name',
            'sales_cycle_order',
            'likelihood_to_close',
            'sales_cycle_active_status',
            'contact_type',
          ),
        },
      },
    }
  },
})

export const leadSources = list({
  name: 'lead_sources',
  operation: 'read_lead_source_list',
  tables: ['lead_sources'],
  item: shape('lead_source_id', 'lead_source_name'),
  version: 1,
  identify: idFrom('lead_source_id'),
  normalise: (item) => ({
    faults: [],
    rows: {
      lead_sources: {
        sourceCreatedAt: null,
        sourceUpdatedAt: null,
        name: value(item, 'lead_source_name'),
        custom: rest(item, 'lead_source_id', 'lead_source_name'),
      },
    },
  }),
})
