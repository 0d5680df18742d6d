import { rowAt, type Activity } from './facts.ts'
import { ok } from './hubspot-reply.ts'
import type { Kept, Shelf, TypeName } from './hubspot-shelf.ts'
import type { Reply } from './reply.ts'
import type { World } from './world.ts'

// Associations v4: https://developers.hubspot.com/docs (read 2026-11-20). Ids come as numbers although SPEC says text; a record
// without any is missing from the results; a long list has paging of its own.

/** Type ids of what this world links (same source). */
const typeIds: Record<string, number> = {
  'deals contacts': 3,
  'contacts deals': 4,
  'notes contacts': 202,
  'contacts notes': 201,
  'notes deals': 214,
  'calls contacts': 194,
  'contacts calls': 193,
  'calls deals': 206,
  'meetings contacts': 200,
  'contacts meetings': 199,
  'meetings deals': 212,
  'tasks contacts': 204,
  'contacts tasks': 203,
  'tasks deals': 216,
  'deals tasks': 215,
  'emails contacts': 198,
  'contacts emails': 197,
  'emails deals': 210,
  'leads contacts': 608,
  'contacts leads': 607,
}

/** Whether the account knows this pair. */
export const isLinked = (from: TypeName, to: TypeName): boolean => `${from} ${to}` in typeIds

/** How an association is called inside a list, such as `deal_to_contact`. */
export const linkWord = (from: TypeName, to: TypeName): string => `${from.slice(0, -1)}_to_${to.slice(0, -1)}`

/** Ids of the live records of another type that a record is about, ascending. */
export function linked(
  world: World,
  shelves: Record<TypeName, Shelf>,
  from: TypeName,
  kept: Kept,
  to: TypeName,
): number[] {
  const ids =
    to === 'contacts'
      ? personIds(world, kept)
      : from === 'contacts' || from === 'deals' || to === 'deals'
        ? aboutSame(shelves[to], kept, from, to)
        : []
  return ids.sort((a, b) => a - b)
}

function personIds(world: World, { personIndex }: Kept): number[] {
  let person = rowAt(world.people, personIndex)
  while (person.mergedInto !== 0) person = rowAt(world.people, world.personIndexOf(person.mergedInto))
  return world.isListed(person) ? [person.id] : []
}

/** What is logged on a contact is about that contact's deals too, unless it names one of them. */
function aboutSame(shelf: Shelf, kept: Kept, from: TypeName, to: TypeName): number[] {
  const isMeant = (other: Kept) =>
    (to !== 'deals' || isAbout(kept.row, other.id)) && (from !== 'deals' || isAbout(other.row, kept.id))
  return shelf
    .of(kept.personIndex)
    .flatMap((other) => (shelf.isLive(other) && isMeant(other) ? [other.id] : []))
}

const isAbout = ({ aboutDeal }: Pick<Activity, 'aboutDeal'>, dealId: number): boolean =>
  aboutDeal === undefined || aboutDeal === dealId

type Input = { id?: string | number; after?: string }

/** The answer to `batch/read`; `most` is how many one record shows at a time. */
export function batchRead(
  inputs: Input[],
  from: TypeName,
  to: TypeName,
  find: (id: number) => number[] | undefined,
  most: number,
): Reply {
  const startedAt = new Date().toISOString()
  const errors: object[] = []
  const results = inputs.flatMap((input) => {
    const id = String(input.id)
    const all = find(Number(id))
    if (all === undefined) {
      errors.push({
        status: 'error',
        category: 'OBJECT_NOT_FOUND',
        subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
        message: `No ${to} is associated with ${from} ${id}.`,
        context: { fromObjectId: [id], fromObjectType: [from], toObjectType: [to] },
      })
      return []
    }
    if (all.length === 0) return []
    const start = Number.parseInt(input.after ?? '0', 10)
    const end = start + most
    const association = { category: 'HUBSPOT_DEFINED', typeId: typeIds[`${from} ${to}`], label: null }
    return [
      {
        from: { id },
        to: all.slice(start, end).map((toObjectId) => ({ toObjectId, associationTypes: [association] })),
        ...(end < all.length && { paging: { next: { after: String(end) } } }),
      },
    ]
  })
  const body = { status: 'COMPLETE', results, startedAt, completedAt: new Date().toISOString() }
  return errors.length === 0 ? ok(body) : ok({ ...body, numErrors: errors.length, errors }, 207)
}
