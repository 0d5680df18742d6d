import { z } from 'zod'
import type { Reply, Request } from '../connector.ts'
import { readAs } from '../read-as.ts'
import { paths } from './versions.ts'

// A list shows its records' associations beside them when asked to; a search does not, and a long row of them has paging of its
// own. Then they are read in batches: {"results":[{"from":{"id":"1"},"to":[{"toObjectId":2,…}],"paging":{"next":{"after":"…"}}}]}.
// A record without any is missing, or named among the errors of a 207 as one of which nothing was found; both mean none. Any other
// error, and a batch that is not complete, means that we were not told.
// (https://developers.hubspot.com/docs, associations v4, read 2026-11-20)

const batch = z.looseObject({
  status: z.literal('COMPLETE').optional(),
  errors: z.array(z.looseObject({ category: z.literal('OBJECT_NOT_FOUND') })).optional(),
  results: z.array(
    z.looseObject({
      from: z.looseObject({ id: z.coerce.string() }),
      to: z.array(z.looseObject({ toObjectId: z.coerce.string() })),
      paging: z.looseObject({ next: z.looseObject({ after: z.string() }).optional() }).optional(),
    }),
  ),
})

const beside = z.looseObject({
  results: z.array(z.looseObject({ id: z.coerce.string() })),
  paging: z.looseObject({ next: z.looseObject({ after: z.string() }).optional() }).optional(),
})

type Input = { id: string; after?: string }
/** One batch to be read: of which other type, for which records. */
type Batch = { to: string; inputs: Input[] }

/** Ids of the linked records of each type, by the id of the record they belong to. */
export type Links = Map<string, Record<string, string[]>>

type Record_ = Record<string, unknown>

/** The batches that are still to be read, given the bodies so far: the page itself, then those of batches in the order asked. */
export function wantedBatches(
  bodies: readonly unknown[],
  records: readonly Record_[],
  to: readonly string[],
  isBeside: boolean,
): Batch[] {
  return walk(bodies, records, to, isBeside).wanted
}

/** A batch as a request. */
export const batchRequest = (from: string, { to, inputs }: Batch): Request => ({
  method: 'POST',
  path: paths.associations(from, to),
  body: { inputs },
})

/** All links of the records of a page, ascending by id. */
export function linksOf(
  bodies: readonly unknown[],
  records: readonly Record_[],
  to: readonly string[],
  isBeside: boolean,
): Links {
  const links: Links = new Map(records.map((record) => [idOf(record), {}]))
  const add = (id: string, type: string, ids: string[]) => {
    const known = links.get(id)
    if (known !== undefined) known[type] = [...new Set([...(known[type] ?? []), ...ids])].sort(byNumber)
  }
  if (isBeside)
    for (const record of records)
      for (const type of to) add(idOf(record), type, shownBeside(record, type).ids)
  walk(bodies, records, to, isBeside, ({ to: type }, body) => {
    for (const { from, to: ids } of readBatch(body).results)
      add(
        from.id,
        type,
        ids.map(({ toObjectId }) => toObjectId),
      )
  })
  return links
}

/**
 * Goes through the rounds of batches as they were asked; what was asked follows from what came before. A batch that names nobody and gives no
 * reason is asked once more, at the end: what is taken for removed by mistake bumps nothing, and would be missing until the next whole list.
 */
function walk(
  bodies: readonly unknown[],
  records: readonly Record_[],
  to: readonly string[],
  isBeside: boolean,
  see: (batch: Batch, body: unknown) => void = () => undefined,
): { wanted: Batch[] } {
  let wanted = to.flatMap((type) => {
    const incomplete = isBeside ? records.filter((record) => shownBeside(record, type).hasMore) : records
    return incomplete.length === 0
      ? []
      : [{ to: type, inputs: incomplete.map((record): Input => ({ id: idOf(record) })) }]
  })
  let silent: Batch[] | null = []
  for (let at = 1; ;) {
    if (wanted.length === 0 && silent !== null) [wanted, silent] = [silent, null]
    if (wanted.length === 0 || at + wanted.length > bodies.length) return { wanted }
    const answered = wanted.map((asked, place) => ({ asked, body: bodies[at + place] }))
    at += wanted.length
    for (const { asked, body } of answered) see(asked, body)
    silent?.push(...answered.filter(({ body }) => isSilent(body)).map(({ asked }) => asked))
    wanted = answered.flatMap(({ asked, body }) => {
      const inputs = readBatch(body).results.flatMap(({ from, paging }) =>
        paging?.next === undefined ? [] : [{ id: from.id, after: paging.next.after }],
      )
      return inputs.length === 0 ? [] : [{ to: asked.to, inputs }]
    })
  }
}

const readBatch = (body: unknown): z.infer<typeof batch> =>
  readAs(batch, body, 'a HubSpot batch of associations')

function isSilent(body: unknown): boolean {
  const { results, errors = [] } = readBatch(body)
  return results.length === 0 && errors.length === 0
}

/** What a list shows beside a record; nothing at all where it has none. */
function shownBeside(record: Record_, type: string): { ids: string[]; hasMore: boolean } {
  const shown = (record.associations as Record_ | undefined)?.[type]
  if (shown === undefined) return { ids: [], hasMore: false }
  const { results, paging } = readAs(beside, shown, 'a HubSpot list of associations')
  return { ids: results.map(({ id }) => id), hasMore: paging?.next !== undefined }
}

const idOf = ({ id }: Record_): string => (typeof id === 'string' ? id : '')

/** Ids are numbers as text. */
const byNumber = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)

/** The pages that carry them are answers to several questions. */
export const bodiesOf = ({ body }: Pick<Reply, 'body'>): readonly unknown[] =>
  Array.isArray(body) ? body : [body]
