import { sql } from 'drizzle-orm'
import { bigint, boolean, index, numeric, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core'
import { bytea, instant } from './columns.ts'

/** How many leads there were per source and stage when a run that changed something ended. Appended, never overwritten. */
export const leadMetrics = pgTable(
  'lead_metrics',
  {
    tenantId: uuid().notNull(),
    id: uuid().notNull(),
    connectionId: uuid().notNull(),
    runId: uuid().notNull(),
    asOf: instant().notNull(),
    source: text().notNull(),
    stageId: uuid(),
    stageName: text().notNull(),
    /** Counts as a lead and stands in an active stage. */
    isQualified: boolean().notNull(),
    isProspect: boolean().notNull(),
    count: bigint({ mode: 'number' }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('lead_metrics_by_run').on(t.tenantId, t.connectionId, t.asOf.desc()),
  ],
)

/** How many opportunities stood in each stage, per currency, when a run that changed something ended. */
export const pipelineStageCounts = pgTable(
  'pipeline_stage_counts',
  {
    tenantId: uuid().notNull(),
    id: uuid().notNull(),
    connectionId: uuid().notNull(),
    runId: uuid().notNull(),
    asOf: instant().notNull(),
    stageId: uuid(),
    stageName: text().notNull(),
    status: text({ enum: ['open', 'won', 'lost'] }).notNull(),
    /** Null for opportunities without an amount. */
    currency: text(),
    count: bigint({ mode: 'number' }).notNull(),
    amountMinor: numeric().notNull(),
    /** Each amount times its likelihood, of the record or else of its stage, unrounded. Null in measures from before it was taken. */
    weightedMinor: numeric(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('pipeline_stage_counts_by_run').on(t.tenantId, t.connectionId, t.asOf.desc()),
  ],
)

/**
 * How many opportunities there are at any moment, and what they come to, without those that the CRM removed. A trigger keeps the
 * table in the transaction that changes them, whoever changes them, so that no page has to count a million rows; nothing else
 * writes it. Only what no clock changes stands here.
 */
export const opportunitySums = pgTable(
  'opportunity_sums',
  {
    tenantId: uuid().notNull(),
    connectionId: uuid().notNull(),
    stageId: uuid(),
    status: text({ enum: ['open', 'won', 'lost'] }).notNull(),
    /** Null for opportunities that name none. */
    currency: text(),
    /** Of the records themselves, not of their stage. */
    probability: numeric({ precision: 5, scale: 4 }),
    /** 0 where the last one has left. */
    count: bigint({ mode: 'number' }).notNull(),
    /** Those with an amount. */
    amounts: bigint({ mode: 'number' }).notNull(),
    amountMinor: numeric().notNull(),
  },
  (t) => [
    unique('opportunity_sums_of')
      .on(t.tenantId, t.connectionId, t.status, t.stageId, t.currency, t.probability)
      .nullsNotDistinct(),
  ],
)

/**
 * How many leads there are at any moment, by what the pages group them by, without those that the CRM removed; kept as
 * `opportunitySums` are.
 */
export const leadSums = pgTable(
  'lead_sums',
  {
    tenantId: uuid().notNull(),
    connectionId: uuid().notNull(),
    stageId: uuid(),
    isProspect: boolean().notNull(),
    source: text(),
    stageName: text(),
    /** SHA-256 of these two, each with its length: an index takes no words of any length, and CRMs' may be long. */
    words: bytea()
      .notNull()
      .generatedAlwaysAs(
        sql`sha256(decode(replace(coalesce(length(source)::text, '-') || ' ' || coalesce(length(stage_name)::text, '-') || ' ' || coalesce(source, '') || coalesce(stage_name, ''), '\\', '\\\\'), 'escape'))`,
      ),
    /** 0 where the last one has left. */
    count: bigint({ mode: 'number' }).notNull(),
  },
  (t) => [
    unique('lead_sums_of')
      .on(t.tenantId, t.connectionId, t.stageId, t.isProspect, t.words)
      .nullsNotDistinct(),
  ],
)
