import { z } from 'zod'
import { customNames } from '../mapping.ts'
import { zone } from '../zone.ts'

/** Two and a half screens of ClientTether are documented nowhere; each assumption about the rest is a setting here. */
export const clientTetherSettings = z.strictObject({
  timeZone: zone.default('America/New_York').describe('Zone of the dates in the account'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .nullable()
    .default(null)
    .describe("Currency of deal sizes; null: the workspace's own"),
  requestsPerSecond: z.number().positive().default(2).describe('How often the account may be called'),
  pageSize: z.number().int().min(2).max(100).default(100).describe('Rows asked for at a time'),
  prospectTypes: z.array(z.string()).default(['1']).describe('Values of contact_type that count as leads'),
  newLeadStage: z.string().default('New Lead').describe('Stage that an empty sales cycle means'),
  wonStages: z.array(z.string()).default(['FA Signed']).describe('Stages that mean won'),
  lostStages: z
    .array(z.string())
    .default(['Not Interested', 'Never Responded', 'Bad Lead', 'Bad Fit', 'Lost - Territory Not Available'])
    .describe('Stages that mean lost'),
  writtenStages: z
    .strictObject({
      won: z.string().default('FA Signed'),
      lost: z.string().default('Not Interested'),
      disqualified: z.string().default('Bad Lead'),
    })
    .prefault({})
    .describe('Stages that a client is put into when somebody here says how it ended'),
  stagesPerContactType: z
    .boolean()
    .default(false)
    .describe('True when two contact types have stages of the same name'),
  notesPerRun: z
    .number()
    .int()
    .positive()
    .default(1_500)
    .describe('Contacts whose notes are read in one run, one request each'),
  notesSweepHours: z
    .number()
    .int()
    .positive()
    .default(24)
    .describe('Hours in which the notes of every contact are read again'),
  eventType: z.string().default('appt').describe('event_type asked for'),
  eventsPastDays: z.number().int().min(0).default(90).describe('How far back events are read'),
  eventsFutureDays: z.number().int().min(1).default(365).describe('How far ahead events are read'),
  fields: z
    .strictObject({
      market: z.string().nullable().default('market'),
      units: z.string().nullable().default('units'),
      weightedFee: z.string().nullable().default('weighted_iff'),
      likely: z.string().nullable().default('likely_percent'),
      custom: customNames(),
    })
    .prefault({})
    .describe('Names of the fields of an opportunity that franchise developers add'),
})

export type ClientTetherSettings = z.infer<typeof clientTetherSettings>
