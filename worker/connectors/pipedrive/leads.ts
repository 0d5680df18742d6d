import { z } from 'zod'
import type { Phase } from './chain.ts'
import { fieldsDefined, flat, learnFields, withNames } from './fields.ts'
import { changesOf } from './list.ts'
import { amount, filled, id, link, reader, rest, shape, stamps, text, type Item } from './values.ts'

const list = (path: string, changes: Phase['changes']): Phase => ({ path, paging: 'offset', changes })

/**
 * Leads have version 1 only, UUIDs for ids, and the custom fields of deals. One that is put away moves to a list that cannot be
 * asked for changes; one that becomes a deal is no longer listed.
 */
export const leads = changesOf({
  name: 'leads',
  source: 'GET /v1/leads',
  tables: ['leads'],
  phases: [
    {
      path: '/api/v2/dealFields',
      paging: 'cursor',
      changes: 'all',
      learn: learnFields,
      fields: (known) => fieldsDefined(known, []),
    },
    list('v1/leads', 'since'),
    list('v1/leads/archived', 'newest'),
    list('v1/leads', 'moved'),
  ],
  take: withNames(flat),
  item: shape({
    id: z.string().min(1),
    title: text,
    owner_id: id.nullable(),
    person_id: id.nullable(),
    organization_id: id.nullable(),
    source_name: text,
    is_archived: z.boolean(),
    value: z.looseObject({ amount, currency: text }).nullable(),
    add_time: text,
    update_time: text,
  }),
  version: 1,
  normalise: (item, context) => {
    const read = reader(item)
    const value = item.value as { amount: unknown; currency: string | null } | null
    const currency = value?.currency ?? context.currency
    const amountMinor = value === null ? null : read.money('value', currency, value.amount)
    const isArchived = item.is_archived === true
    return {
      rows: {
        leads: {
          ...stamps(read),
          contactId: link(item, 'person_id', 'contacts', context),
          name: filled(item, 'title'),
          source: filled(item, 'channel') ?? filled(item, 'source_name'),
          stageId: null,
          stageName: isArchived ? 'Archived' : null,
          contactKind: null,
          isProspect: !isArchived,
          ownerId: link(item, 'owner_id', 'owners', context),
          amountMinor,
          currency: amountMinor === null ? null : currency,
          custom: rest(withoutCodes(item), used),
        },
      },
      faults: read.faults,
    }
  },
})

/** Custom fields stand under their names. */
function withoutCodes(item: Item): Item {
  const codes = Object.keys(flat(item))
  return codes.length === 0
    ? item
    : Object.fromEntries(Object.entries(item).filter(([key]) => !codes.includes(key)))
}

const used = [
  'id',
  'title',
  'owner_id',
  'creator_id',
  'person_id',
  'source_name',
  'channel',
  'is_archived',
  'was_seen',
  'value',
  'add_time',
  'update_time',
  'visible_to',
  'cc_email',
  'origin',
]
