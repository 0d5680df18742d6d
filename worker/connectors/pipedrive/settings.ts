import { z } from 'zod'
import { customNames } from '../mapping.ts'
import { zone } from '../zone.ts'

/** What Pipedrive does not say, or leaves to whoever reads it. */
export const pipedriveSettings = z.strictObject({
  timeZone: zone
    .default('UTC')
    .describe('Zone of the account: an activity without a time begins with its day'),
  requestsPerSecond: z.number().positive().default(4).describe('How often the account may be called'),
  pageSize: z.number().int().min(2).max(500).default(500).describe('Rows asked for at a time'),
  wholeListUpTo: z
    .number()
    .int()
    .min(0)
    .default(2_000)
    .describe('Lists of up to so many records are read whole in every run, which finds what was deleted'),
  wholeListHours: z
    .number()
    .int()
    .positive()
    .default(24)
    .describe('Hours after which longer lists are read whole again'),
  archivedOpenDeals: z
    .enum(['lost', 'open'])
    .default('lost')
    .describe('What a deal counts as that was put into the archive while it was open'),
  fields: z
    .strictObject({
      market: z.string().nullable().default('Market'),
      units: z.string().nullable().default('Units'),
      weightedFee: z.string().nullable().default('Weighted fee'),
      likely: z.string().nullable().default('Likely %'),
      custom: customNames(),
    })
    .prefault({})
    .describe('Custom fields of deals that franchise developers add, by name or by key'),
})

export type PipedriveSettings = z.infer<typeof pipedriveSettings>
