import { z } from 'zod'
import { customNames } from '../mapping.ts'
import { zone } from '../zone.ts'

const field = (name: string) => z.string().nullable().default(name)

/** What Salesforce does not say, or leaves to whoever reads it. */
export const salesforceSettings = z.strictObject({
  timeZone: zone
    .default('UTC')
    .describe('Zone of the org: a task is for a day, which begins when that day begins there'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .nullable()
    .default(null)
    .describe("Currency of an org that has only one; null: the workspace's own"),
  requestsPerSecond: z.number().positive().default(5).describe('How often the org may be called'),
  pageSize: z.number().int().min(2).max(2_000).default(2_000).describe('Records asked for at a time'),
  bulkFrom: z
    .number()
    .int()
    .positive()
    .default(50_000)
    .describe('Records of an object from which its first load is a job of the Bulk API'),
  bulkPageSize: z
    .number()
    .int()
    .min(1)
    .max(50_000)
    .default(5_000)
    .describe('Records in one part of what such a job found'),
  wholeListHours: z
    .number()
    .int()
    .positive()
    .default(24)
    .describe(
      'Hours after which every list is read whole again, for what changes without a stamp: formulas, lost access',
    ),
  stopAtShare: z
    .number()
    .positive()
    .max(1)
    .default(0.8)
    .describe("Share of the org's daily requests, used by whomever, at which we leave the rest to others"),
  fields: z
    .strictObject({
      market: field('Market__c'),
      units: field('Units__c'),
      weightedFee: field('Weighted_Fee__c'),
      likely: field('Likely__c'),
      custom: customNames(),
    })
    .prefault({})
    .describe('API names of the fields of an opportunity that franchise developers add'),
  lossReasonField: z
    .string()
    .regex(/^\w{1,80}$/)
    .nullable()
    .default(null)
    .describe(
      'API name of the text field of an opportunity that a reason for losing is written to; null: none is',
    ),
})

export type SalesforceSettings = z.infer<typeof salesforceSettings>
