import { z } from 'zod'
import { customNames, mappedNames } from '../mapping.ts'
import { zone } from '../zone.ts'

const property = z.string().regex(/^[a-z0-9_]{1,100}$/, 'must be the internal name of a property')

/** A search takes 3,000 characters in all. So many of them are left for the names of properties of deals that are not asked for anyway. */
const longestNames = 2_400

/** What names take in a search: each once, with its quotes and commas. */
const lengthOf = (names: readonly string[]): number => JSON.stringify([...new Set(names)]).length

const settings = z.strictObject({
  timeZone: zone.nullable().default(null).describe("Zone of the account's dates; null: as the account says"),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .nullable()
    .default(null)
    .describe('Currency of deals that name none; null: as the account says'),
  requestsPerSecond: z
    .number()
    .positive()
    .default(9)
    .describe('How often the account may be called; private apps may 19 times, OAuth apps 11'),
  searchesPerSecond: z
    .number()
    .positive()
    .default(4)
    .describe('How many of these may be searches; HubSpot allows 5 to all apps of an account together'),
  pageSize: z.number().int().min(1).max(100).default(100).describe('Records asked for at a time in a list'),
  searchPageSize: z
    .number()
    .int()
    .min(1)
    .max(200)
    .default(200)
    .describe('Records asked for at a time in a search'),
  leads: z
    .boolean()
    .default(true)
    .describe('False for accounts without lead records, which not every edition has'),
  fullListDays: z
    .number()
    .positive()
    .default(7)
    .describe('Days after which every list is read from its beginning again'),
  properties: z.array(property).default([]).describe('Further properties of deals to keep'),
  fields: z
    .strictObject({
      market: property.nullable().default(null),
      units: property.nullable().default(null),
      weightedFee: property.nullable().default(null),
      likely: property.nullable().default(null),
      source: property.nullable().default('hs_analytics_source'),
      leadSource: property.nullable().default(null),
      custom: customNames(property),
    })
    .prefault({})
    .describe(
      'Names of the properties of deals (and, for leadSource, of leads) that hold what franchise developers add',
    ),
})

const namedIn = ({ properties, fields }: HubSpotSettings): string[] =>
  [...properties, ...mappedNames(fields), fields.source].filter((name) => name !== null)

export const hubSpotSettings = settings.refine((read) => lengthOf(namedIn(read)) <= longestNames, {
  path: ['properties'],
  error: `the names, with those under fields, have more than the ${longestNames} characters that a HubSpot search leaves for them, three more for each name counted`,
})

/**
 * Properties are asked for by name: those that were mapped are asked for from then on, as far as there is room beside those that are
 * `wanted` instead of them.
 */
export function keepAsking(
  { properties, fields: { source } }: HubSpotSettings,
  names: string[],
  wanted: string[],
): { properties: string[] } {
  const others = source === null ? wanted : [source, ...wanted]
  const kept = [...properties]
  for (const name of names)
    if (!kept.includes(name) && lengthOf([...kept, name, ...others]) <= longestNames) kept.push(name)
  return { properties: kept }
}

export type HubSpotSettings = z.infer<typeof settings>
