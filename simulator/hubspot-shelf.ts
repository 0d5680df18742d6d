import { fullName, rowAt, type Activity, type Row } from './facts.ts'
import {
  callProperties,
  contactProperties,
  dealProperties,
  emailProperties,
  leadProperties,
  meetingProperties,
  noteProperties,
  taskProperties,
  type Properties,
} from './hubspot-properties.ts'
import { scopes } from './hubspot-options.ts'
import type { ListName, World } from './world.ts'

/**
 * One record on its shelf, and the person it is about. Losers of a merge and records that were purged are in no list of
 * archived ones.
 */
export type Kept = {
  id: number
  row: Row & Pick<Activity, 'aboutDeal'>
  personIndex: number
  canBeArchived: boolean
  read: () => Properties
}

/** An object type: what it is called, which scope it takes, what is on its shelf, and when that has to be looked at again. */
export type ObjectType = {
  name: TypeName
  typeId: string
  scope: string
  stamp: 'lastmodifieddate' | 'hs_lastmodifieddate'
  /** Properties that come when none are asked for. */
  defaults: readonly string[]
  follows: readonly ListName[]
  keep: (world: World) => Kept[]
}

export type TypeName = 'contacts' | 'deals' | 'leads' | 'notes' | 'calls' | 'meetings' | 'tasks' | 'emails'

const activityDefaults = ['hs_createdate', 'hs_lastmodifieddate', 'hs_object_id']

/** Type ids: "Using object APIs" (read 2026-11-20). */
export const objectTypes: readonly ObjectType[] = [
  {
    name: 'contacts',
    typeId: '0-1',
    scope: scopes.contacts,
    stamp: 'lastmodifieddate',
    defaults: ['firstname', 'lastname', 'email', 'createdate', 'lastmodifieddate', 'hs_object_id'],
    follows: ['people'],
    keep: (world) =>
      world.people.map((row, personIndex) => ({
        id: row.id,
        row,
        personIndex,
        canBeArchived: row.mergedInto === 0 && !world.isPurged(row),
        read: () => contactProperties(world, row),
      })),
  },
  {
    name: 'deals',
    typeId: '0-3',
    scope: scopes.deals,
    stamp: 'hs_lastmodifieddate',
    defaults: [
      'dealname',
      'amount',
      'closedate',
      'pipeline',
      'dealstage',
      'createdate',
      'hs_lastmodifieddate',
      'hs_object_id',
    ],
    follows: ['deals'],
    keep: (world) =>
      world.deals.map((row) => ({
        id: row.id,
        row,
        personIndex: row.personIndex,
        canBeArchived: !world.isPurged(row),
        read: () => dealProperties(world, row),
      })),
  },
  {
    name: 'leads',
    typeId: '0-136',
    scope: scopes.leads,
    stamp: 'hs_lastmodifieddate',
    defaults: activityDefaults,
    follows: ['people'],
    keep: keepLeads,
  },
  { name: 'notes', typeId: '0-46', follows: ['people', 'notes'], keep: keepNotes, ...aboutContacts() },
  activity('calls', '0-48', 'call', callProperties),
  activity('meetings', '0-47', 'appointment', meetingProperties),
  activity('tasks', '0-27', 'task', taskProperties),
  activity('emails', '0-49', 'email', emailProperties),
]

/** Ids of leads are those of their persons and so much more. */
export const leadIdsFrom = 40_000_000_000

function keepLeads(world: World): Kept[] {
  return world.people.flatMap((row, personIndex) => {
    if (row.kind !== 'prospect') return []
    const id = leadIdsFrom + world.firstIdOf(personIndex)
    const read = () => ({ ...leadProperties(world, row), hs_object_id: String(id) })
    return { id, row, personIndex, canBeArchived: !world.isPurged(row), read }
  })
}

/** A note goes with its person; who wrote it is known by name. */
function keepNotes(world: World): Kept[] {
  const owners = new Map(world.setting.owners.map((owner) => [fullName(owner), owner.id]))
  return world.people.flatMap((person, personIndex) => {
    if (person.mergedInto !== 0) return []
    return world.notebook.everOf(personIndex).map(({ note, removedAt }) => {
      const ownerId = owners.get(note.author) ?? rowAt(world.setting.owners, 0).id
      const { createdAt } = note
      const row: Row = {
        id: note.id,
        createdAt,
        modifiedAt: createdAt,
        visibleAt: createdAt,
        removedAt: removedAt || person.removedAt,
        wire: null,
      }
      const read = () => noteProperties(world, { ...note, modifiedAt: createdAt, ownerId })
      return { id: note.id, row, personIndex, canBeArchived: !world.isPurged(person), read }
    })
  })
}

function aboutContacts() {
  return { scope: scopes.contacts, stamp: 'hs_lastmodifieddate', defaults: activityDefaults } as const
}

function activity(
  name: TypeName,
  typeId: string,
  kind: string,
  properties: (world: World, row: World['calendar']['activities'][number]) => Properties,
): ObjectType {
  const keep = (world: World) =>
    world.calendar.activities
      .filter((row) => row.kind === kind)
      .map((row) => ({
        id: row.id,
        row,
        personIndex: row.personIndex,
        canBeArchived: !world.isPurged(row),
        read: () => properties(world, row),
      }))
  return { name, typeId, follows: ['activities'], keep, ...aboutContacts() }
}

/** The records of one type by ascending id, archived ones included; put in order again only when something changed. */
export class Shelf {
  readonly type: ObjectType
  readonly #world: World
  #kept: Kept[] | null = null
  #byId: Map<number, Kept> | null = null
  #byPerson: Map<number, Kept[]> | null = null

  constructor(type: ObjectType, world: World) {
    this.type = type
    this.#world = world
  }

  /** Changes whenever what is on the shelf may have. */
  version = 0

  touch(): void {
    this.version += 1
    this.#kept = null
    this.#byId = null
    this.#byPerson = null
  }

  get all(): Kept[] {
    return (this.#kept ??= this.type.keep(this.#world).sort((a, b) => a.id - b.id))
  }

  find(id: number): Kept | undefined {
    this.#byId ??= new Map(this.all.map((kept) => [kept.id, kept]))
    return this.#byId.get(id)
  }

  /** What is about one person, archived records included. */
  of(personIndex: number): Kept[] {
    this.#byPerson ??= Map.groupBy(this.all, (kept) => kept.personIndex)
    return this.#byPerson.get(personIndex) ?? []
  }

  isLive(kept: Kept): boolean {
    return this.#world.isListed(kept.row)
  }

  /** Archived records are listed for ninety days. */
  isArchived({ row, canBeArchived }: Kept): boolean {
    return canBeArchived && row.removedAt > 0 && row.removedAt > this.#world.now - 90 * 86_400
  }
}
