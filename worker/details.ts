import { hash } from 'node:crypto'
import type { Stream } from './connectors/connector.ts'
import type { ExtractedPage } from './extract.ts'
import { isObject, withDetail, type Item } from './normalise.ts'
import type { Run, StreamPass } from './run.ts'

/** What was asked of records alone, by their places on the page: a text, or null where it was refused. */
type Details = Record<string, string | null>

const askedAtOnce = 4

/**
 * Asks for what these records need besides the list, one request each: they are new or changed, so what this costs grows with what
 * changed. Gives the records and the page with the answers in its bytes. Throws what the fetcher throws.
 */
export async function askDetails(
  run: Run,
  { stream }: StreamPass,
  page: ExtractedPage,
  items: Item[],
): Promise<{ page: ExtractedPage; items: Item[] }> {
  const wanted = items.flatMap((item) => {
    const request =
      item.isGone || !isObject(item.value) ? undefined : stream.detail?.(item.value, run.settings)
    return request ? [{ index: item.index, request }] : []
  })
  if (wanted.length === 0) return { page, items }
  const details: Details = {}
  for (let from = 0; from < wanted.length; from += askedAtOnce) {
    const asked = wanted.slice(from, from + askedAtOnce).map(async ({ index, request }) => {
      const { reply } = await run.fetcher.ask(request, stream.name)
      details[index] = reply.status < 300 && typeof reply.body === 'string' ? reply.body : null
    })
    await Promise.all(asked)
  }
  return { page: joined(page, details), items: items.map((item) => detailed(item, details)) }
}

/** Takes a page that was kept apart: what its list answered, and what was asked of its records alone. */
export function apart(stream: Stream<never>, body: unknown): { body: unknown; details: Details } {
  const isBoth = stream.detail !== undefined && isObject(body) && 'page' in body && 'details' in body
  return isBoth ? { body: body.page, details: body.details as Details } : { body, details: {} }
}

/** The record with what was asked of it, where something was. */
export function detailed(item: Item, details: Details): Item {
  const detail = details[item.index]
  return detail === undefined ? item : withDetail(item, detail)
}

function joined(page: ExtractedPage, details: Details): ExtractedPage {
  const parts = ['{"page":', page.answer.bytes, `,"details":${JSON.stringify(details)}}`]
  const bytes = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
  return { ...page, answer: { ...page.answer, bytes }, digest: hash('sha256', bytes, 'hex') }
}
