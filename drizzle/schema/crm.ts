import { sql } from 'drizzle-orm'
import {
  boolean,
  date,
  foreignKey,
  index,
  integer,
  numeric,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { instant, minorUnits, recordColumns } from './columns.ts'
import { connections } from './connections.ts'

// The relations between these tables carry no foreign keys: a child may arrive before its parent, and
// checking a key for every row of a bulk load costs more than the row (docs/decisions/003-no-keys-between-records.md).

export const pipelines = pgTable(
  'pipelines',
  { ...recordColumns(), name: text().notNull(), position: integer() },
  (t) => [primaryKey({ columns: [t.tenantId, t.id] })],
)

export const stages = pgTable(
  'stages',
  {
    ...recordColumns(),
    pipelineId: uuid(),
    name: text().notNull(),
    position: integer(),
    /** 0 to 1; null when the CRM gives none. */
    probability: numeric({ precision: 5, scale: 4 }),
    isActive: boolean().notNull(),
    outcome: text({ enum: ['open', 'won', 'lost'] }).notNull(),
    /** Which kind of contact this stage is for, in the CRM's own word. */
    contactKind: text(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.id] })],
)

/** CRM users. */
export const owners = pgTable(
  'owners',
  { ...recordColumns(), name: text().notNull(), email: text(), isActive: boolean() },
  (t) => [primaryKey({ columns: [t.tenantId, t.id] })],
)

export const leadSources = pgTable('lead_sources', { ...recordColumns(), name: text().notNull() }, (t) => [
  primaryKey({ columns: [t.tenantId, t.id] }),
])

export const companies = pgTable(
  'companies',
  { ...recordColumns(), name: text(), domain: text(), ownerId: uuid() },
  (t) => [primaryKey({ columns: [t.tenantId, t.id] })],
)

/** People. */
export const contacts = pgTable(
  'contacts',
  {
    ...recordColumns(),
    firstName: text(),
    lastName: text(),
    companyName: text(),
    companyId: uuid(),
    email: text(),
    phone: text(),
    ownerId: uuid(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('contacts_changed').on(t.tenantId, t.connectionId, t.changedAt, t.id),
  ],
)

/** A person's place in the funnel: where they came from and how far they are. */
export const leads = pgTable(
  'leads',
  {
    ...recordColumns(),
    contactId: uuid(),
    name: text(),
    /** In the CRM's own words. */
    source: text(),
    stageId: uuid(),
    stageName: text(),
    contactKind: text(),
    /** True for the kind of contact that the account counts as a lead; others are customers, brokers and so on. */
    isProspect: boolean().notNull(),
    ownerId: uuid(),
    amountMinor: minorUnits(),
    currency: text(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    // Also how many came in a time, without a look at the rows.
    index('leads_created')
      .on(t.tenantId, t.sourceCreatedAt.desc(), t.id, t.connectionId, t.contactId)
      .where(sql`deleted_at is null`),
    // What the figures of a period are grouped by, without a look at the rows. An index takes no words of any length; the few leads
    // with longer ones have one of their own.
    index('leads_grouped')
      .on(t.tenantId, t.sourceCreatedAt, t.connectionId, t.stageId, t.isProspect, t.source, t.stageName)
      .where(
        sql`deleted_at is null and coalesce(octet_length(source), 0) + coalesce(octet_length(stage_name), 0) <= 800`,
      ),
    index('leads_long')
      .on(t.tenantId, t.sourceCreatedAt)
      .where(
        sql`deleted_at is null and coalesce(octet_length(source), 0) + coalesce(octet_length(stage_name), 0) > 800`,
      ),
  ],
)

export const opportunities = pgTable(
  'opportunities',
  {
    ...recordColumns(),
    title: text(),
    contactId: uuid(),
    companyId: uuid(),
    ownerId: uuid(),
    pipelineId: uuid(),
    stageId: uuid(),
    /** The stage in the CRM's own words, kept for stages that the CRM no longer lists. */
    stageName: text(),
    status: text({ enum: ['open', 'won', 'lost'] }).notNull(),
    contactKind: text(),
    source: text(),
    amountMinor: minorUnits(),
    currency: text(),
    /** 0 to 1, of the record itself; null means: take the stage's. */
    probability: numeric({ precision: 5, scale: 4 }),
    expectedCloseOn: date(),
    closedAt: instant(),
    /** Franchise development: market, units, weighted initial franchise fee. */
    market: text(),
    units: integer(),
    weightedFeeMinor: minorUnits(),
    /** The open next step, as the last row of `next_actions` says it; these four are ours, and no sync names them. */
    nextActionAt: instant(),
    nextActionDetails: text(),
    /** The number of that row; 0 before the first. */
    version: integer().notNull().default(0),
    /** How it ended as a person here said, while the CRM still calls it open. */
    ownOutcome: text({ enum: ['won', 'lost', 'disqualified'] }),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('opportunities_stage').on(t.tenantId, t.stageId),
    index('opportunities_of_contact').on(t.tenantId, t.contactId),
    // What changed since a moment, and all that the comparison with that moment asks of it.
    index('opportunities_changed').on(
      t.tenantId,
      t.connectionId,
      t.changedAt,
      t.id,
      t.status,
      t.deletedAt,
      t.stageId,
      t.currency,
      t.amountMinor,
      t.probability,
      t.expectedCloseOn,
    ),
    // The first of each stage by its next step, and all that the sums of the pipeline and the order of the hot list are made of,
    // without a look at the rows.
    index('opportunities_open')
      .on(
        t.tenantId,
        t.stageId,
        t.nextActionAt,
        t.amountMinor.desc(),
        t.id,
        t.connectionId,
        t.currency,
        t.probability,
        t.changedAt,
        t.weightedFeeMinor,
        t.ownerId,
        t.units,
      )
      .where(sql`status = 'open' and deleted_at is null`),
    // Those of them that have a likelihood of their own, for the hot list: where a CRM gives none, nothing is looked through.
    index('opportunities_likely')
      .on(
        t.tenantId,
        t.stageId,
        t.connectionId,
        t.id,
        t.currency,
        t.probability,
        t.weightedFeeMinor,
        t.ownerId,
        t.units,
      )
      .where(sql`status = 'open' and deleted_at is null and probability is not null`),
    // Which markets there are among them. An index takes no text of any length.
    index('opportunities_markets')
      .on(t.tenantId, t.stageId, t.probability, t.market, t.connectionId)
      .where(sql`status = 'open' and deleted_at is null and octet_length(market) <= 400`),
    // What was won since a moment, by the CRM's own date or else by when we learned of it.
    index('opportunities_won')
      .on(t.tenantId, sql`(case when ${t.closedAt} is null then ${t.changedAt} else ${t.closedAt} end)`)
      .where(sql`status = 'won' and deleted_at is null`),
    // Only open ones have a step, so the first page of what is due is read straight off it; the id tells equal instants apart.
    index('idx_opportunities_tenant_due')
      .on(t.tenantId, t.nextActionAt, t.id)
      .where(sql`next_action_at is not null`),
    // How many have none, and the most valuable of them.
    index('opportunities_unplanned')
      .on(t.tenantId, t.amountMinor.desc(), t.id)
      .where(sql`next_action_at is null and own_outcome is null and status = 'open' and deleted_at is null`),
  ],
)

/**
 * What a CRM itself recorded of how an opportunity came to stand where it stands: the stage it came into, and what it was worth there.
 * Shown beside the opportunity, and part of no figure: what those compare is what we saw (docs/decisions/023-the-crms-own-history.md).
 */
export const stageChanges = pgTable(
  'stage_changes',
  {
    ...recordColumns(),
    opportunityId: uuid(),
    stageId: uuid(),
    stageName: text(),
    amountMinor: minorUnits(),
    currency: text(),
    expectedCloseOn: date(),
    /** When the CRM says that it happened. */
    happenedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('stage_changes_of_opportunity').on(t.tenantId, t.opportunityId, t.happenedAt),
  ],
)

/** Columns of copied records that are this product's own: connectors, loads and replays leave them alone. */
export const ownColumns = ['nextActionAt', 'nextActionDetails', 'version', 'ownOutcome'] as const

/** An id that now stands for another record, because the CRM merged the two. */
export const recordAliases = pgTable(
  'record_aliases',
  {
    tenantId: uuid().notNull(),
    connectionId: uuid().notNull(),
    stream: text().notNull(),
    aliasSourceId: text().notNull(),
    sourceId: text().notNull(),
    runId: uuid().notNull(),
    learnedAt: instant().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.connectionId, t.stream, t.aliasSourceId] }),
    foreignKey({
      columns: [t.tenantId, t.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }),
  ],
)
