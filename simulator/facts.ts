/**
 * What exists in the sales world, in no CRM's words. All instants are whole seconds since 1970 (UTC), because CRMs
 * keep whole seconds; 0 means "never". Money is in cents. Ids are positive and unique per kind inside a world.
 */
export type PersonKind = 'prospect' | 'customer' | 'partner'

/** Common to everything listed. `visibleAt` may be later than `createdAt`: the row existed before the CRM showed it. */
export type Row = {
  id: number
  createdAt: number
  modifiedAt: number
  visibleAt: number
  removedAt: number
  /** Raw fields laid over the serialised row by a test, opaque to the world. */
  wire: Record<string, unknown> | null
}

/** A lead, a customer or a partner of the company. */
export type Person = Row & {
  firstName: string
  lastName: string
  company: string
  email: string
  phone: string
  city: string
  state: string
  kind: PersonKind
  /** null: never put in a stage. */
  stageId: number | null
  ownerId: number
  leadSourceId: number
  amountMinor: number | null
  /** Id of the person this one was merged into, 0 when not merged. */
  mergedInto: number
  /** Index of the newest deal of this person, -1 for none; the others follow by `Deal.nextDeal`. */
  firstDeal: number
}

/** One chance to sell, of one person. */
export type Deal = Row & {
  personIndex: number
  nextDeal: number
  stageId: number | null
  ownerId: number
  leadSourceId: number
  amountMinor: number | null
  market: string
  units: number
  /** When the deal was put away, 0 when it was not; only Pipedrive has an archive that deals come back from. */
  archivedAt: number
}

/** A step of the sales cycle; `order` counts from 1. */
export type Stage = {
  id: number
  name: string
  order: number
  isActive: boolean
  /** Chance to close in percent, null where the company never set one. */
  likelihood: number | null
}

/** A sales person of the company. */
export type Owner = { id: number; firstName: string; lastName: string; email: string }
/** As people write it. */
export function fullName(who: { firstName: string; lastName: string }): string {
  return `${who.firstName} ${who.lastName}`.trim()
}

/** Where people heard of the company. */
export type LeadSource = { id: number; name: string }

/** What a rep wrote down; `text` may hold HTML. */
export type Note = { id: number; author: string; text: string; createdAt: number }

/** What stands in the calendar. E-mails come only by hand. */
export type ActivityKind = 'appointment' | 'call' | 'task' | 'email'

/** `scheduled` may lie in the past: nobody ticked it off. */
export type ActivityStatus = 'scheduled' | 'completed' | 'cancelled'

/** An entry of the calendar, about one person. */
export type Activity = Row & {
  personIndex: number
  title: string
  description: string
  kind: ActivityKind
  status: ActivityStatus
  ownerId: number
  startAt: number
  endAt: number
  /** Id of the deal it is about, where somebody said so; else it is about whatever deals the person has. */
  aboutDeal?: number
  /** A task with a time of day; others are for a day. */
  isTimed?: boolean
}

/** What may be given for a new person or changed in one. Instants in seconds. */
export type PersonEdit = Partial<Omit<Person, 'id' | 'modifiedAt' | 'removedAt' | 'mergedInto' | 'firstDeal'>>

/** As `PersonEdit`, for deals. */
export type DealEdit = Partial<Omit<Deal, 'id' | 'modifiedAt' | 'removedAt' | 'personIndex' | 'nextDeal'>>

/** As `PersonEdit`, for activities. */
export type ActivityEdit = Partial<Omit<Activity, 'id' | 'modifiedAt' | 'removedAt' | 'personIndex'>>

/** The row at an index that the world itself handed out; a wrong index is a mistake of the caller and throws. */
export function rowAt<T>(rows: readonly T[], index: number): T {
  const row = rows[index]
  if (row === undefined) throw new Error(`no row ${index}`)
  return row
}
