import type { Context } from '../connector.ts'
import { dateIn } from '../instants.ts'
import { customValues, mappedNames } from '../mapping.ts'
import { objects, type Item, type ObjectType } from './objects.ts'
import type { HubSpotSettings as HS } from './settings.ts'
import {
  filled,
  linkedId,
  mergedIds,
  ownerId,
  pipelineKey,
  reader,
  rest,
  shape,
  stageKey,
  stamps,
  value,
} from './values.ts'

const idOf = ({ id }: Record<string, unknown>): string | null =>
  typeof id === 'string' && id !== '' ? id : null

const contactProperties = [
  'firstname',
  'lastname',
  'email',
  'phone',
  'mobilephone',
  'company',
  'hubspot_owner_id',
  'createdate',
  'lastmodifieddate',
  'hs_merged_object_ids',
]
const contactExtras = ['jobtitle', 'lifecyclestage', 'hs_lead_status']
const usedOfContacts = new Set([...contactProperties, 'hs_object_id'])

export const contacts = objects({
  name: 'contacts',
  source: 'contacts, https://developers.hubspot.com/docs/api-reference (2026-11-20)',
  tables: ['contacts'],
  types: [
    {
      name: 'contacts',
      stamp: 'lastmodifieddate',
      properties: () => [...contactProperties, ...contactExtras],
      links: [],
    },
  ],
  identify: idOf,
  item: shape(...contactProperties, ...contactExtras),
  version: 1,
  normalise: (item: Item, context: Context<HS>) => {
    const read = reader(item, context)
    return {
      faults: read.faults,
      standsFor: mergedIds(item),
      rows: {
        contacts: {
          ...stamps(read, 'createdate', 'lastmodifieddate'),
          firstName: filled(item, 'firstname'),
          lastName: filled(item, 'lastname'),
          companyName: filled(item, 'company'),
          companyId: null,
          email: filled(item, 'email'),
          phone: filled(item, 'phone') ?? filled(item, 'mobilephone'),
          ownerId: ownerId(item, context),
          custom: rest(item, usedOfContacts),
        },
      },
    }
  },
})

const leadProperties = [
  'hs_lead_name',
  'hs_lead_type',
  'hs_lead_label',
  'hs_pipeline',
  'hs_pipeline_stage',
  'hubspot_owner_id',
  'hs_createdate',
  'hs_lastmodifieddate',
]
const usedOfLeads = new Set([...leadProperties, 'hs_object_id'].filter((name) => name !== 'hs_lead_label'))

const mappedOfLeads = ({ fields }: HS): string[] => (fields.leadSource === null ? [] : [fields.leadSource])

export const leads = objects({
  name: 'leads',
  source: 'leads (0-136), https://developers.hubspot.com/docs/api-reference (2026-11-20)',
  tables: ['leads'],
  isOffered: (settings) => settings.leads,
  types: [
    {
      name: 'leads',
      stamp: 'hs_lastmodifieddate',
      properties: (settings) => [...leadProperties, ...mappedOfLeads(settings)],
      wished: mappedOfLeads,
      links: ['contacts'],
    },
  ],
  identify: idOf,
  item: shape(...leadProperties),
  version: 1,
  normalise: (item: Item, context: Context<HS>) => {
    const read = reader(item, context)
    const pipeline = value(item, 'hs_pipeline')
    const stage = value(item, 'hs_pipeline_stage')
    const { leadSource } = context.settings.fields
    return {
      faults: read.faults,
      rows: {
        leads: {
          ...stamps(read, 'hs_createdate', 'hs_lastmodifieddate'),
          contactId: linkedId(item, 'contacts', 'contacts', context),
          name: filled(item, 'hs_lead_name'),
          source: read.mapped(leadSource),
          stageId: stage === '' ? null : context.id('stages', stageKey('leads', pipeline, stage)),
          stageName: null,
          contactKind: filled(item, 'hs_lead_type'),
          isProspect: true,
          ownerId: ownerId(item, context),
          amountMinor: null,
          currency: null,
          custom: rest(item, new Set([...usedOfLeads, leadSource ?? ''])),
        },
      },
    }
  },
})

const dealProperties = [
  'dealname',
  'amount',
  'deal_currency_code',
  'closedate',
  'createdate',
  'dealstage',
  'pipeline',
  'dealtype',
  'hubspot_owner_id',
  'hs_is_closed',
  'hs_is_closed_won',
  'hs_deal_stage_probability',
  'hs_lastmodifieddate',
  'hs_merged_object_ids',
  'closed_lost_reason',
  'closed_won_reason',
]
const keptAside = new Set(['dealtype', 'closed_lost_reason', 'closed_won_reason'])
/** The currency of a deal exists only in accounts with several. */
const certain = dealProperties.filter((name) => name !== 'deal_currency_code')

const mappedOf = ({ fields }: HS): string[] =>
  [...mappedNames(fields), fields.source].filter((name) => name !== null)

const deals: ObjectType = {
  name: 'deals',
  stamp: 'hs_lastmodifieddate',
  properties: (settings) => [...new Set([...dealProperties, ...mappedOf(settings), ...settings.properties])],
  wished: (settings) => [...new Set(['deal_currency_code', ...mappedOf(settings)])],
  links: ['contacts'],
}

export const opportunities = objects({
  name: 'opportunities',
  source: 'deals, https://developers.hubspot.com/docs/api-reference (2026-11-20)',
  tables: ['opportunities'],
  types: [deals],
  asksAccount: true,
  identify: idOf,
  item: shape(...certain),
  version: 2,
  normalise: (item: Item, context: Context<HS>) => {
    const { settings } = context
    const currency =
      filled(item, 'deal_currency_code') ?? settings.currency ?? item.account?.currency ?? context.currency
    const read = reader(item, { currency })
    const [pipeline, stage] = [value(item, 'pipeline'), value(item, 'dealstage')]
    const { fields } = settings
    const amountMinor = read.amount('amount')
    const weightedFeeMinor = read.mappedAmount(fields.weightedFee)
    const closes = read.when('closedate')
    const zone = settings.timeZone ?? item.account?.timeZone ?? 'UTC'
    const isWon = value(item, 'hs_is_closed_won') === 'true'
    const isClosed = isWon || value(item, 'hs_is_closed') === 'true'
    const likely = read.mappedPercent(fields.likely)
    return {
      faults: read.faults,
      standsFor: mergedIds(item),
      rows: {
        opportunities: {
          ...stamps(read, 'createdate', 'hs_lastmodifieddate'),
          title: filled(item, 'dealname'),
          contactId: linkedId(item, 'contacts', 'contacts', context),
          companyId: null,
          ownerId: ownerId(item, context),
          pipelineId: pipeline === '' ? null : context.id('pipelines', pipelineKey('deals', pipeline)),
          stageId: stage === '' ? null : context.id('stages', stageKey('deals', pipeline, stage)),
          stageName: null,
          status: isWon ? 'won' : isClosed ? 'lost' : 'open',
          contactKind: null,
          source: read.mapped(fields.source),
          amountMinor,
          currency: amountMinor === null && weightedFeeMinor === null ? null : currency,
          probability: likely ?? read.share('hs_deal_stage_probability'),
          expectedCloseOn: closes === null ? null : dateIn(closes, zone),
          closedAt: isClosed ? closes : null,
          market: read.mapped(fields.market),
          units: read.mappedCount(fields.units),
          weightedFeeMinor,
          custom: {
            ...rest(item, usedOfDeals(settings)),
            ...customValues(fields, (field) => filled(item, field)),
          },
        },
      },
    }
  },
})

const usedBySettings = new WeakMap<HS, ReadonlySet<string>>()

function usedOfDeals(settings: HS): ReadonlySet<string> {
  let used = usedBySettings.get(settings)
  if (used === undefined) {
    used = new Set(
      [...dealProperties, settings.fields.source ?? '', 'hs_object_id'].filter(
        (name) => !keptAside.has(name),
      ),
    )
    usedBySettings.set(settings, used)
  }
  return used
}
