import { z } from 'zod'
import { customNames } from '../mapping.ts'
import { zone } from '../zone.ts'

const property = z.string().regex(/^[a-z0-9_]{1,100}$/, 'must be the internal name of a property')

/** A search takes 3,000 characters in all, most of which are names of properties. */
const longestNames = 1_500

export const hubSpotSettings = z.strictObject({
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
  properties: z
    .array(property)
    .default([])
    .refine(
      (names) => names.join().length <= longestNames,
      `must be at most ${longestNames} characters in all`,
    )
    .describe('Further properties of deals to keep'),
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

/** Properties are asked for by name: those that were mapped are asked for from then on, as far as there is room. */
export function keepAsking({ properties }: HubSpotSettings, names: string[]): { properties: string[] } {
  const kept = [...properties]
  for (const name of names)
    if (!kept.includes(name) && [...kept, name].join().length <= longestNames) kept.push(name)
  return { properties: kept }
}

export type HubSpotSettings = z.infer<typeof hubSpotSettings>
