import { z } from 'zod'
import type { Page, Request } from '../connector.ts'
import { readAs } from '../read-as.ts'
import type { Listed } from './envelope.ts'
import { writePlace, type Place } from './place.ts'
import { paths } from './versions.ts'

// A look at single records: a batch read by id, of each type in turn, then one of the archived records among those that were missing.
// {"status":"COMPLETE","results":[…]}; a record that is not there is missing, or named among the errors of a 207. A merged one is
// answered with the record that stands for it. ("Using object APIs" at https://developers.hubspot.com/docs, read 2026-11-20)

const batch = z.looseObject({ results: z.array(z.looseObject({ id: z.string() })) })

/** The ids that are wanted of one type. */
export const namedOf = ({ named = {} }: Place, type: string): string[] => named[type] ?? []

/** Asks for the wanted records of a type, or for the archived ones among them. */
export function readRequest(place: Place, type: string, properties: readonly string[]): Request {
  const isGone = place.step === 'gone'
  const [path = '', query = ''] = paths.read(type, isGone).split('?')
  return {
    method: 'POST',
    path,
    query: Object.fromEntries(new URLSearchParams(query)),
    body: { properties: isGone ? [] : properties, inputs: namedOf(place, type).map((id) => ({ id })) },
  }
}

/** The records of a batch read. Throws `StreamError` (`E_CRM_BAD_REPLY`). */
export function readBatchRecords(body: unknown): Listed {
  const { results } = readAs(batch, body, 'a HubSpot batch of records')
  return { results, after: null, total: null }
}

/** Where a look goes on: to what was missing, else to the next type of which something is wanted, else it ends. */
export function afterLook(
  place: Place,
  types: readonly string[],
  { results }: Listed,
): Pick<Page, 'next' | 'total'> {
  const type = types[place.type] ?? ''
  const found = new Set(results.flatMap(({ id, properties }) => [id, ...mergedInto(properties)]))
  const missing = namedOf(place, type).filter((id) => !found.has(id))
  if (place.step === 'named' && missing.length > 0)
    return next({ ...place, step: 'gone', named: { ...place.named, [type]: missing } })
  const at = types.findIndex((name, nth) => nth > place.type && namedOf(place, name).length > 0)
  return at === -1 ? { next: null, total: null } : next({ ...place, step: 'named', type: at })
}

const next = (place: Place) => ({ next: writePlace(place), total: null })

function mergedInto(properties: unknown): string[] {
  const { hs_merged_object_ids: ids } = (properties ?? {}) as Record<string, unknown>
  return typeof ids === 'string' ? ids.split(';') : []
}
