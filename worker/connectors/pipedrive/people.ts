import { z } from 'zod'
import type { Phase } from './chain.ts'
import { learnFields, together, withNames } from './fields.ts'
import { changesOf } from './list.ts'
import { filled, id, link, reader, rest, shape, stamps, text, type Item } from './values.ts'

/** What both lists have, documented, and what nobody asks for. */
const used = ['id', 'name', 'owner_id', 'add_time', 'update_time', 'is_deleted', 'visible_to', 'picture_id']

const phases = (fields: string, list: string): [Phase, Phase] => [
  { path: `/api/v2/${fields}`, paging: 'cursor', changes: 'all', learn: learnFields },
  { path: `/api/v2/${list}`, paging: 'cursor', changes: 'since' },
]

export const organizations = changesOf({
  name: 'companies',
  source: 'GET /api/v2/organizations',
  tables: ['companies'],
  phases: phases('organizationFields', 'organizations'),
  take: withNames(together),
  item: shape({ id, name: text, owner_id: id.nullable(), add_time: text, update_time: text }),
  version: 1,
  normalise: (item, context) => {
    const read = reader(item)
    return {
      rows: {
        companies: {
          ...stamps(read),
          name: filled(item, 'name'),
          domain: filled(item, 'website'),
          ownerId: link(item, 'owner_id', 'owners', context),
          custom: rest(item, [...used, 'website']),
        },
      },
      faults: read.faults,
    }
  },
})

const values = z.array(z.looseObject({ value: text })).nullable()

/** The address or number marked as the first one, else the one that comes first. */
function primary(item: Item, key: string): string | null {
  const all = (item[key] ?? []) as Item[]
  const filledOnes = all.filter((each) => filled(each, 'value') !== null)
  const chosen = filledOnes.find((each) => each.primary === true) ?? filledOnes[0]
  return chosen === undefined ? null : filled(chosen, 'value')
}

export const persons = changesOf({
  name: 'contacts',
  source: 'GET /api/v2/persons',
  tables: ['contacts'],
  phases: phases('personFields', 'persons'),
  take: withNames(together),
  item: shape({
    id,
    name: text,
    first_name: text,
    last_name: text,
    owner_id: id.nullable(),
    org_id: id.nullable(),
    emails: values,
    phones: values,
    add_time: text,
    update_time: text,
  }),
  version: 1,
  normalise: (item, context) => {
    const read = reader(item)
    const names = [filled(item, 'first_name'), filled(item, 'last_name')] as const
    const isSplit = names.some((name) => name !== null)
    return {
      rows: {
        contacts: {
          ...stamps(read),
          firstName: isSplit ? names[0] : filled(item, 'name'),
          lastName: names[1],
          companyName: null,
          companyId: link(item, 'org_id', 'companies', context),
          email: primary(item, 'emails'),
          phone: primary(item, 'phones'),
          ownerId: link(item, 'owner_id', 'owners', context),
          custom: rest(item, [...used, 'first_name', 'last_name', 'org_id', 'emails', 'phones']),
        },
      },
      faults: read.faults,
    }
  },
})
