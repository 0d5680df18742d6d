import { sql } from 'drizzle-orm'
import {
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { connections } from './connections.ts'

/** Our fields of an opportunity that a CRM has no fixed place for: where they stand there is said by a mapping. */
export const mappableFields = ['market', 'units', 'weightedFee', 'likely'] as const
export type MappableField = (typeof mappableFields)[number]

/** Our field to the CRM's: null where the CRM has none. `custom` are fields under names of the tenant's choosing. */
export type FieldMapping = Record<MappableField, string | null> & { custom: Record<string, string> }

/** How a connector lets people say where our fields of an opportunity stand in its CRM. Pure, like all that a connector says. */
export type Mapping = {
  /** What a stored connection's settings say, each default in its place. Throws when they do not fit. */
  of: (stored: Record<string, unknown>) => FieldMapping
  /** Stored settings with another mapping in them; the connector's own `settings` say whether they fit. */
  lay: (stored: Record<string, unknown>, mapping: FieldMapping) => Record<string, unknown>
  /** What becomes of a value of the CRM's: null where it is empty, undefined where it cannot be read. */
  reads: Record<MappableField, (value: unknown, currency: string) => unknown>
}

/** `waiting`: no worker has carried it out. `replaced`: a newer version came first. `refused`: `refusedBecause` says why. */
export const mappingStates = ['waiting', 'applied', 'replaced', 'refused'] as const
export type MappingState = (typeof mappingStates)[number]

/** Every version of a connection's field mapping. A worker reads the stored answers again under it; the last applied one holds. */
export const fieldMappings = pgTable(
  'field_mappings',
  {
    tenantId: uuid().notNull(),
    connectionId: uuid().notNull(),
    /** Counted from 1, which is what the connection was set up with. */
    version: integer().notNull(),
    mapping: jsonb().notNull().$type<FieldMapping>(),
    madeAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    /** As the audit log says them. */
    madeBy: text().notNull(),
    note: text(),
    /** The version that this one goes back to. */
    backTo: integer(),
    state: text({ enum: mappingStates }).notNull().default('waiting'),
    settledAt: instant(),
    refusedBecause: text(),
    attempts: integer().notNull().default(0),
    /** Stored answers read again so far, and how many there are. */
    snapshots: integer().notNull().default(0),
    snapshotsTotal: integer(),
    /** Opportunities that were written anew. */
    rowsTaken: integer(),
    /** Opportunities whose stored answer is no longer kept: they stay as they were read. */
    rowsKept: integer(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.connectionId, t.version] }),
    foreignKey({
      columns: [t.tenantId, t.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    index('field_mappings_waiting')
      .on(t.madeAt)
      .where(sql`${t.state} = 'waiting'`),
    check('field_mappings_state', sql`${t.state} in ('waiting', 'applied', 'replaced', 'refused')`),
    check('field_mappings_refused', sql`(${t.state} = 'refused') = (${t.refusedBecause} is not null)`),
    check('field_mappings_version', sql`${t.version} > 0`),
  ],
)
