import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/** `confirmed`: a later sync saw it in the CRM. `refused`: it will not be written, and `refusedBecause` says why. */
export const crmWriteStates = ['pending', 'sending', 'confirmed', 'refused'] as const
export type CrmWriteState = (typeof crmWriteStates)[number]

/** What is to be written to a CRM, put here by the transaction that decided it; a worker carries it out. */
export const crmWrites = pgTable(
  'crm_writes',
  {
    tenantId: uuid().notNull(),
    id: uuid()
      .notNull()
      .default(sql`app.uuid_v7()`),
    connectionId: uuid().notNull(),
    opportunityId: uuid().notNull(),
    /** The row of `next_actions` that it carries over. */
    number: integer().notNull(),
    state: text({ enum: crmWriteStates }).notNull().default('pending'),
    /** Sent along, so that sending twice changes the CRM once. */
    idempotencyKey: uuid()
      .notNull()
      .default(sql`gen_random_uuid()`),
    payload: jsonb().notNull().$type<CrmWritePayload>(),
    /** The record's own time in the CRM as the person saw it; a newer one there is a conflict. */
    expectedUpdatedAt: instant(),
    madeAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    /** Not sent before: until then it can be undone. */
    sendAfter: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    sentAt: instant(),
    settledAt: instant(),
    attempts: integer().notNull().default(0),
    refusedBecause: text(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    unique('crm_writes_key').on(t.tenantId, t.idempotencyKey),
    index('crm_writes_of').on(t.tenantId, t.opportunityId, t.number),
    index('crm_writes_waiting')
      .on(t.tenantId, t.sendAfter)
      .where(sql`${t.state} in ('pending', 'sending')`),
    check('crm_writes_state', sql`${t.state} in ('pending', 'sending', 'confirmed', 'refused')`),
    check('crm_writes_refused', sql`(${t.state} = 'refused') = (${t.refusedBecause} is not null)`),
  ],
)

/** In our words; the connector puts it into the CRM's. */
export type CrmWritePayload =
  { next_action_at: string; next_action_details: string } | { outcome: string; reason: string | null }
