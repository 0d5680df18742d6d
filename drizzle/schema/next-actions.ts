import { sql } from 'drizzle-orm'
import { check, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/**
 * How a row came about, seen from the one before it: `planned` where there was no open step; `completed`, `moved`, or replaced by
 * what the CRM `suggested`; `undone` takes the row before back; `closed` and `merged` are the sync's, when the opportunity went.
 */
export const stepDeeds = ['planned', 'completed', 'moved', 'suggested', 'undone', 'closed', 'merged'] as const
export type StepDeed = (typeof stepDeeds)[number]

/** Ends without a next step. The first three are a person's word; `none`: nothing was planned before what was undone. */
export const stepOutcomes = ['won', 'lost', 'disqualified', 'closed_in_crm', 'merged', 'none'] as const
export type StepOutcome = (typeof stepOutcomes)[number]

/**
 * The next steps of an opportunity, one row after the other, never changed: the last row is what holds. Each names a step or an
 * outcome and nothing else, so one cannot end without the other; numbers follow each other without a gap, so two at the same
 * moment cannot both be next. `opportunities` mirrors the last row in the same transaction (a trigger does).
 */
export const nextActions = pgTable(
  'next_actions',
  {
    tenantId: uuid().notNull(),
    opportunityId: uuid().notNull(),
    /** 1, 2, 3 …: the opportunity's `version` from then on. */
    number: integer().notNull(),
    how: text({ enum: stepDeeds }).notNull(),
    dueAt: instant(),
    details: text(),
    /** What kind of step, in a word such as `call`; null where nobody said. */
    kind: text(),
    outcome: text({ enum: stepOutcomes }),
    /** Why it was lost, or what was in the way when it was moved. */
    reason: text(),
    /** How often the step that is open now was put off. */
    moves: integer().notNull().default(0),
    /** The activity of the CRM that it was taken from. */
    suggestionId: uuid(),
    /** The person; null where the sync did it. */
    madeBy: uuid(),
    madeAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.opportunityId, t.number] }),
    index('next_actions_made').on(t.tenantId, t.madeAt),
    // Those that were put off often are few.
    index('next_actions_moved')
      .on(t.tenantId, t.opportunityId, t.number)
      .where(sql`moves >= 3`),
    // Of each overdue task of the CRM it is asked whether it was taken over; few were.
    index('next_actions_taken_over')
      .on(t.tenantId, t.suggestionId)
      .where(sql`suggestion_id is not null`),
    check(
      'next_actions_step_or_outcome',
      sql`(${t.outcome} is null) = (${t.dueAt} is not null) and (${t.dueAt} is null) = (${t.details} is null)`,
    ),
    // A person's row ends nothing without their word; what was put off or taken over is a step.
    check(
      'next_actions_deed',
      sql`${t.how} not in ('planned', 'completed', 'moved', 'suggested') or ${t.outcome} is null
        or (${t.how} in ('planned', 'completed') and ${t.outcome} in ('won', 'lost', 'disqualified'))`,
    ),
    check('next_actions_number', sql`${t.number} > 0 and ${t.moves} >= 0`),
    check(
      'next_actions_how',
      sql`${t.how} in ('planned', 'completed', 'moved', 'suggested', 'undone', 'closed', 'merged')`,
    ),
    check(
      'next_actions_outcome',
      sql`${t.outcome} in ('won', 'lost', 'disqualified', 'closed_in_crm', 'merged', 'none')`,
    ),
  ],
)
