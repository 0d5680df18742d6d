import { date, index, integer, numeric, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant, minorUnits } from './columns.ts'

/**
 * The states that an opportunity had before its present one. `valid_from` and `valid_to` say when we knew it;
 * `source_updated_at` is the CRM's own time. The present state is the row in `opportunities`, whose `changed_at`
 * is its `valid_from`; the view `opportunity_history` shows both together.
 */
export const opportunityVersions = pgTable(
  'opportunity_versions',
  {
    tenantId: uuid().notNull(),
    opportunityId: uuid().notNull(),
    validFrom: instant().notNull(),
    validTo: instant().notNull(),
    /** The run that replaced this state. */
    runId: uuid().notNull(),
    snapshotId: uuid().notNull(),
    sourceUpdatedAt: instant(),
    title: text(),
    ownerId: uuid(),
    pipelineId: uuid(),
    stageId: uuid(),
    stageName: text(),
    status: text({ enum: ['open', 'won', 'lost'] }).notNull(),
    amountMinor: minorUnits(),
    currency: text(),
    probability: numeric({ precision: 5, scale: 4 }),
    expectedCloseOn: date(),
    units: integer(),
    weightedFeeMinor: minorUnits(),
    deletedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.opportunityId, t.validFrom] }),
    index('opportunity_versions_by_end').on(t.tenantId, t.validTo),
  ],
)
