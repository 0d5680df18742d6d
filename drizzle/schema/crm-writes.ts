import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core'
import { bytea, instant } from './columns.ts'

/**
 * `sending`: on its way, or nobody knows what became of it. `sent`: the CRM has accepted it. `confirmed`: a later sync saw it there.
 * `refused`: it will not be written, and `refusedBecause` says why.
 */
export const crmWriteStates = ['pending', 'sending', 'sent', 'confirmed', 'refused'] as const
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
    /** The name of its stage as the person saw it, for CRMs that say no time. */
    expectedStage: text(),
    madeAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    /** Not sent before: until then it can be undone, or the CRM is left in peace. */
    sendAfter: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    /** Not sent after: what a person planned three days ago is no longer news. */
    expiresAt: instant()
      .notNull()
      .default(sql`clock_timestamp() + interval '72 hours'`),
    /** Whose it is until then; the number of the attempt says who. */
    leaseUntil: instant(),
    attempts: integer().notNull().default(0),
    /** When it may first have reached the CRM. */
    sentAt: instant(),
    settledAt: instant(),
    /** What keeps it waiting, in words for people. */
    waitsBecause: text(),
    refusedBecause: text(),
    /** The record's own time in the CRM when we looked last: after our change, or when we found that somebody else had made one. */
    recordUpdatedAt: instant(),
    /** The task that carries the step: the CRM's id, ours, and its content when a sync saw it, by which a later change is known. */
    taskId: text(),
    activityId: uuid(),
    seenHash: bytea(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    unique('crm_writes_key').on(t.tenantId, t.idempotencyKey),
    index('crm_writes_of').on(t.tenantId, t.opportunityId, t.number),
    index('crm_writes_due')
      .on(t.sendAfter)
      .where(sql`${t.state} in ('pending', 'sending')`),
    index('crm_writes_open')
      .on(t.tenantId, t.connectionId, t.sendAfter)
      .where(sql`${t.state} in ('pending', 'sending', 'sent')`),
    index('crm_writes_task')
      .on(t.tenantId, t.activityId)
      .where(sql`${t.activityId} is not null`),
    check('crm_writes_state', sql`${t.state} in ('pending', 'sending', 'sent', 'confirmed', 'refused')`),
    check('crm_writes_refused', sql`(${t.state} = 'refused') = (${t.refusedBecause} is not null)`),
  ],
)

/** In our words; the connector puts it into the CRM's. */
export type CrmWritePayload =
  | { next_action_at: string; next_action_details: string }
  | { outcome: 'won' | 'lost' | 'disqualified'; reason: string | null }
