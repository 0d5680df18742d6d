import { sql } from 'drizzle-orm'
import { boolean, index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant, recordColumns } from './columns.ts'

// What people said and did with those of `crm.ts`; like there, without foreign keys.

export const notes = pgTable(
  'notes',
  {
    ...recordColumns(),
    contactId: uuid(),
    opportunityId: uuid(),
    ownerId: uuid(),
    author: text(),
    notedAt: instant(),
    /** As the CRM sent it, HTML included; made safe when it is shown. */
    body: text(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    // Also how many there are, and whom they are about, without a look at the notes.
    index('notes_recent')
      .on(t.tenantId, t.notedAt.desc(), t.id, t.connectionId, t.contactId)
      .where(sql`deleted_at is null`),
    index('notes_of_contact').on(t.tenantId, t.contactId),
    index('notes_of_opportunity')
      .on(t.tenantId, t.opportunityId)
      .where(sql`opportunity_id is not null`),
  ],
)

/** Tasks, calls, meetings, appointments. */
export const activities = pgTable(
  'activities',
  {
    ...recordColumns(),
    kind: text().notNull(),
    subject: text(),
    details: text(),
    contactId: uuid(),
    opportunityId: uuid(),
    ownerId: uuid(),
    dueAt: instant(),
    endsAt: instant(),
    completedAt: instant(),
    isDone: boolean().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('activities_due').on(t.tenantId, t.dueAt),
    index('activities_of_contact').on(t.tenantId, t.contactId),
    index('activities_of_opportunity')
      .on(t.tenantId, t.opportunityId)
      .where(sql`opportunity_id is not null`),
    index('activities_open')
      .on(t.tenantId, t.dueAt, t.id)
      .where(sql`not is_done and deleted_at is null`),
  ],
)
