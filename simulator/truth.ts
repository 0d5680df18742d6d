import { fullName, rowAt, type Activity, type Deal, type Person, type PersonKind, type Row } from './facts.ts'
import type { World } from './world.ts'

/**
 * What a perfect copy would hold now: only listed rows, in no CRM's words. Ids are the ids on the wire, as text;
 * instants are ISO texts in UTC; money is in cents of a US dollar. Where a test laid raw fields over a row, `wire`
 * holds them and the facts beside it stay what they were.
 */
export type Truth = {
  people: TruthPerson[]
  deals: TruthDeal[]
  stages: TruthStage[]
  owners: TruthOwner[]
  leadSources: { id: string; name: string }[]
  notes: TruthNote[]
  activities: TruthActivity[]
}

/** What people, deals and activities have in common. */
export type TruthRow = {
  id: string
  createdAt: string
  modifiedAt: string
  wire: Record<string, unknown> | null
}

/** A listed person. */
export type TruthPerson = TruthRow & {
  firstName: string
  lastName: string
  company: string
  email: string
  phone: string
  city: string
  state: string
  kind: PersonKind
  /** null for a person who was never put in a stage; ClientTether shows those as blank, meaning New Lead. */
  stageId: string | null
  stageName: string | null
  ownerId: string
  ownerName: string
  leadSourceId: string
  leadSourceName: string
  amountMinor: number | null
}

/** A listed deal. For stages see `TruthPerson`. */
export type TruthDeal = TruthRow & {
  personId: string
  stageId: string | null
  stageName: string | null
  ownerId: string
  ownerName: string
  leadSourceId: string
  leadSourceName: string
  amountMinor: number | null
  market: string
  units: number
}

/** `likelihood` in percent. */
export type TruthStage = {
  id: string
  name: string
  order: number
  isActive: boolean
  likelihood: number | null
}

/** A sales person. */
export type TruthOwner = { id: string; firstName: string; lastName: string; email: string }

/** A note of a listed person; `text` may hold HTML. */
export type TruthNote = { id: string; personId: string; author: string; text: string; createdAt: string }

/** A listed entry of the calendar. */
export type TruthActivity = TruthRow & {
  personId: string
  title: string
  description: string
  kind: Activity['kind']
  status: Activity['status']
  ownerId: string
  startAt: string
  endAt: string
}

/** Takes the truth of a world at its present instant. A million people take seconds and a gigabyte. */
export function truthOf(world: World): Truth {
  const { stages, owners, leadSources } = world.setting
  return {
    people: listed(world, world.people).map((person) => truthPerson(world, person)),
    deals: listed(world, world.deals).map((deal) => truthDeal(world, deal)),
    stages: stages.map((stage) => ({ ...stage, id: String(stage.id) })),
    owners: owners.map((owner) => ({ ...owner, id: String(owner.id) })),
    leadSources: leadSources.map((source) => ({ ...source, id: String(source.id) })),
    notes: world.people.flatMap((person, index) =>
      world.isListed(person) ? truthNotes(world, person, index) : [],
    ),
    activities: listed(world, world.calendar.activities).map((activity) => truthActivity(world, activity)),
  }
}

function listed<T extends Row>(world: World, rows: T[]): T[] {
  return rows.filter((row) => world.isListed(row))
}

function truthRow(row: Row): TruthRow {
  return {
    id: String(row.id),
    createdAt: iso(row.createdAt),
    modifiedAt: iso(row.modifiedAt),
    wire: row.wire,
  }
}

/** The facts of one person, listed or not. */
export function truthPerson(world: World, person: Person): TruthPerson {
  const { firstName, lastName, company, email, phone, city, state, kind, amountMinor } = person
  return {
    ...truthRow(person),
    firstName,
    lastName,
    company,
    email,
    phone,
    city,
    state,
    kind,
    amountMinor,
    ...relations(world, person),
  }
}

/** The facts of one deal, listed or not. */
export function truthDeal(world: World, deal: Deal): TruthDeal {
  const { amountMinor, market, units } = deal
  const personId = String(rowAt(world.people, deal.personIndex).id)
  return { ...truthRow(deal), personId, amountMinor, market, units, ...relations(world, deal) }
}

/** The facts of one activity, listed or not. */
export function truthActivity(world: World, activity: Activity): TruthActivity {
  const { title, description, kind, status } = activity
  return {
    ...truthRow(activity),
    personId: String(rowAt(world.people, activity.personIndex).id),
    title,
    description,
    kind,
    status,
    ownerId: String(activity.ownerId),
    startAt: iso(activity.startAt),
    endAt: iso(activity.endAt),
  }
}

function truthNotes(world: World, person: Person, index: number): TruthNote[] {
  return world.notebook.of(index).map(({ id, author, text, createdAt }) => {
    return { id: String(id), personId: String(person.id), author, text, createdAt: iso(createdAt) }
  })
}

function relations(world: World, row: Pick<Person, 'stageId' | 'ownerId' | 'leadSourceId'>) {
  const { stages, owners, leadSources } = world.setting
  const owner = owners.find(({ id }) => id === row.ownerId)
  return {
    stageId: row.stageId === null ? null : String(row.stageId),
    stageName: stages.find(({ id }) => id === row.stageId)?.name ?? null,
    ownerId: String(row.ownerId),
    ownerName: owner ? fullName(owner) : '',
    leadSourceId: String(row.leadSourceId),
    leadSourceName: leadSources.find(({ id }) => id === row.leadSourceId)?.name ?? '',
  }
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
