import { hash } from 'node:crypto'
import { z } from 'zod'
import { FatalError, RetriableError, StreamError, type SyncError } from '../../errors.ts'
import type { Page, RawReply, Reply, Request, StreamName } from '../connector.ts'

// Envelope: {"ResultCode":"CT_200","Message":"Success","TotalRecord":231,"data":[…]}, HTTP 200 also for failures; seen as
// ResultCode and resultCode, CT_515 and CT515 (ClientTether API 2.0 document and a public integration, read 2026-11-20).

const envelope = z.looseObject({
  data: z.array(z.unknown()),
  TotalRecord: z.union([z.number().int().nonnegative(), z.string().regex(/^\d+$/)]),
})

/** The result code in one spelling, such as `CT200`; null when there is none. */
function resultCode(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null
  const { ResultCode: upper, resultCode: lower } = body as Record<string, unknown>
  const code = upper ?? lower
  return typeof code === 'string' ? code.replaceAll('_', '').toUpperCase() : null
}

const aboutAccess = /token|web.?key|unauthori[sz]ed|authenticat|access denied/i

/** What is wrong with an answer, by the result code inside it or by its status; null when nothing is. */
export function fault(reply: RawReply, stream: StreamName): RetriableError | SyncError | null {
  if (reply.status === 401 || (reply.status === 403 && aboutAccess.test(reply.text)))
    return new FatalError('E_AUTH_REVOKED', `ClientTether answered ${reply.status}: ${refusalIn(reply)}`)
  // Where HTTP itself says what is wrong, a code in the body adds nothing.
  if ([403, 408, 425, 429].includes(reply.status) || reply.status >= 500) return null
  const code = resultCode(reply.body)
  if (code === null || code === 'CT200' || code === 'CT515') return null
  const { Message: said } = reply.body as { Message?: unknown }
  const message = typeof said === 'string' ? said.slice(0, 200) : 'no message'
  if (code.startsWith('CT4') && aboutAccess.test(message)) {
    return new FatalError('E_AUTH_REVOKED', `ClientTether answered ${code}: ${message}`)
  }
  if (code === 'CT500')
    return new RetriableError('E_CRM_DOWN', `ClientTether answered ${code} for ${stream}: ${message}`)
  return new StreamError('E_CRM_BAD_REPLY', `ClientTether answered ${code} for ${stream}: ${message}`)
}

/** ClientTether's own words for turning us away, when they are a sentence and not a page. */
function refusalIn({ body, text }: RawReply): string {
  const { Message: said } = (body ?? {}) as { Message?: unknown }
  const words = typeof said === 'string' ? said : text
  const isSentence = words.trim() !== '' && !/^\s*[<{[]/.test(words)
  return isSentence ? words.trim().slice(0, 200) : 'the access token or web key is not accepted'
}

/**
 * A place in a list that is paged by offset. Rows may come and go while we read, so each page begins one row before the
 * end of the last: as long as it holds one of the rows we ended with, nothing between the two was missed.
 */
type Place = {
  offset: number
  anchors: string[]
  stepsBack: number
  of?: string
  query?: Record<string, string>
}

const anchorsKept = 5
const mostStepsBack = 3

/** The first cursor of a list: of all records, or `of` one parent record; `query` goes with every request. */
export const startOfList = (list: Pick<Place, 'of' | 'query'> = {}): string =>
  JSON.stringify({ offset: 0, anchors: [], stepsBack: 0, ...list } satisfies Place)

const placeOf = (cursor: string): Place => JSON.parse(cursor) as Place

export function listRequest(operation: string, cursor: string, pageSize: number): Request {
  const { offset, of, query } = placeOf(cursor)
  const path = of === undefined ? operation : `${operation}/${encodeURIComponent(of)}`
  return { method: 'GET', path, query: { limit: String(pageSize), offset: String(offset), ...query } }
}

/** Reads one page of a list. `identify` names a row, for recognising it on the next page. */
export function listPage(
  reply: Reply,
  cursor: string,
  identify: (item: Record<string, unknown>) => string | null,
  pageSize: number,
): Page {
  const place = placeOf(cursor)
  if (resultCode(reply.body) === 'CT515' && place.offset === 0) {
    return { items: [], next: null, total: 0, isParentGone: isAboutNobody(reply.body) }
  }
  const { items, total } = readEnvelope(reply.body)
  const after = place.offset + items.length
  if (items.length === 0 && place.offset < total) {
    throw new StreamError('E_SHORT_READ', `empty page at row ${place.offset} of a list of ${total}`)
  }
  const known = lastKnown(items, place.anchors, identify)
  if (known === -1 && place.anchors.length > 0) return { items: [], next: stepBack(place, pageSize), total }
  const fresh = items.slice(known + 1)
  if (after >= total) return { items: fresh, next: null, total }
  if (fresh.length === 0 && items.length === 1) {
    throw new StreamError('E_SHORT_READ', `nothing after row ${place.offset} of a list of ${total}`)
  }
  const anchors = items
    .slice(-anchorsKept)
    .map(name(identify))
    .filter((anchor) => anchor !== '')
  return { items: fresh, next: JSON.stringify({ ...place, offset: after - 1, anchors, stepsBack: 0 }), total }
}

/** "No Record Found" with `"client_id":false`: not the list is empty, the client is not there (recorded answer, read 2026-11-20). */
function isAboutNobody(body: unknown): boolean {
  return (body as { client_id?: unknown }).client_id === false
}

function readEnvelope(body: unknown): { items: unknown[]; total: number } {
  const read = envelope.safeParse(body)
  if (resultCode(body) !== 'CT200' || !read.success) {
    const at = read.error?.issues[0]
    const what = at === undefined ? 'no result code' : `${at.path.join('.') || 'body'}: ${at.message}`
    throw new StreamError('E_CRM_BAD_REPLY', `not a ClientTether list (${what})`)
  }
  return { items: read.data.data, total: Number(read.data.TotalRecord) }
}

/** What to recognise a row by: its id, or else its content. */
const name = (identify: (item: Record<string, unknown>) => string | null) => (item: unknown) =>
  (typeof item === 'object' && item !== null ? identify(item as Record<string, unknown>) : null) ??
  digest(item)

/** Empty for what is nested too deep to be printed. */
function digest(item: unknown): string {
  try {
    return `?${hash('sha1', JSON.stringify(item), 'hex')}`
  } catch {
    return ''
  }
}

/** Position of the last row of this page that the page before already had; -1 when there is none. */
function lastKnown(
  items: unknown[],
  anchors: string[],
  identify: (item: Record<string, unknown>) => string | null,
): number {
  return items.findLastIndex((item) => anchors.includes(name(identify)(item)))
}

/** Rows before this page have gone, so it begins too far down the list: look again half a page earlier. */
function stepBack(place: Place, pageSize: number): string {
  if (place.stepsBack >= mostStepsBack || place.offset === 0) {
    throw new StreamError(
      'E_SHORT_READ',
      `the list moved under us at row ${place.offset}; the rows we had read are gone`,
    )
  }
  const offset = Math.max(0, place.offset - Math.ceil(pageSize / 2))
  return JSON.stringify({ ...place, offset, stepsBack: place.stepsBack + 1 })
}
