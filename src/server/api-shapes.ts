import { z } from 'zod'
import { stepOutcomes } from '../../drizzle/schema/next-actions.ts'
import { runStatuses, streamStatuses } from '../../drizzle/schema/sync.ts'
import { freshnessStates } from '../domain/freshness.ts'

/**
 * What the API takes and gives, each shape once: handlers are held to it by its type, and the description of the API
 * (src/server/openapi.ts) is made of it.
 */

const instant = z.iso.datetime().describe('An instant in UTC, such as 2026-11-23T14:02:00.000Z')
const ageMinutes = z.int().min(0).nullable().describe('Whole minutes from then until now')

const mostRows = 200
const usualRows = 50

export const dueQuery = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(mostRows)
    .default(usualRows)
    .describe(`How many rows, at most ${mostRows}; ${usualRows} unless asked`),
  cursor: z.string().optional().describe('`next_cursor` of the page before'),
})
/** What `dueQuery.limit` takes, in words. */
export const limitWords = `a whole number from 1 to ${mostRows}`

export const duePage = z.object({
  data: z.array(
    z.object({
      id: z.uuid(),
      name: z.string().nullable(),
      value: z
        .string()
        .regex(/^-?\d+(\.\d+)?$/)
        .nullable()
        .describe(
          'Exact, in whole units of `currency`: read it as a decimal, not as a floating-point number',
        ),
      currency: z.string().describe('ISO 4217'),
      stage: z.string().nullable(),
      next_action_at: instant,
      next_action_details: z.string(),
      version: z.int().describe('Send it along to complete the action, and nobody’s change is overwritten'),
    }),
  ),
  next_cursor: z.string().nullable().describe('Where the next page begins; null on the last one'),
})

export const step = z.object({
  id: z.uuid(),
  name: z.string().nullable(),
  next_action_at: instant.nullable(),
  next_action_details: z.string().nullable(),
  outcome: z.enum(stepOutcomes).nullable().describe('How it ended; null while there is a next action'),
  version: z.int(),
})
export type Step = z.infer<typeof step>

export const completedAction = z.object({ data: step })

export const runRequest = z.strictObject({
  connection: z.uuid().describe('Id of the connection to sync'),
})

export const askedRun = z.object({
  run_id: z.uuid(),
  outcome: z
    .enum(['queued', 'follows'])
    .describe('`queued`: it begins as soon as a worker is free. `follows`: after the one that is under way'),
})
export type AskedRun = z.infer<typeof askedRun>

export const syncStatus = z.object({
  workspace: z.string().describe('Its name in addresses'),
  last_sync_at: instant.nullable().describe('The instant up to which everything is here, over all streams'),
  status: z.enum([...runStatuses, 'not_synced']).describe('The worst of the last runs of all connections'),
  freshness: z.enum(freshnessStates),
  is_stale: z.boolean(),
  age_minutes: ageMinutes,
  is_running: z.boolean(),
  found_later: z.array(
    z.object({
      connection_id: z.uuid(),
      words: z
        .string()
        .nullable()
        .describe('What its CRM does not announce, and by when it is found all the same'),
    }),
  ),
  streams: z.array(
    z.object({
      connection: z.string(),
      connection_id: z.uuid(),
      stream: z.string(),
      status: z.enum(streamStatuses).nullable().describe('How its last pass ended; null before the first'),
      fresh_at: instant.nullable(),
      age_minutes: ageMinutes,
      is_stale: z.boolean(),
    }),
  ),
})
export type SyncStatus = z.infer<typeof syncStatus>

export const issuedToken = z.object({
  token: z.string().describe('A JWT, signed with EdDSA; the keys are at /.well-known/jwks.json'),
  token_type: z.literal('Bearer'),
  expires_in: z.int().describe('Seconds'),
})
export type IssuedToken = z.infer<typeof issuedToken>

/** The one shape of everything that is refused or failed. */
export const refusal = z.object({
  error: z.object({
    code: z.string().describe('One word for programs'),
    message: z.string().describe('A sentence for people'),
    fields: z.record(z.string(), z.string()).optional().describe('What is wrong, by the name of the field'),
    present: step
      .extend({
        made_by: z.string().nullable().describe('Who; null is the sync'),
        made_at: instant.nullable(),
      })
      .optional()
      .describe('What is there instead of what the request stands on; with a conflict'),
    request_id: z.string().describe('What the log knows it by'),
  }),
})
