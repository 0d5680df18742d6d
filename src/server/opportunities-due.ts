import type { APIContext } from 'astro'
import { decimal } from '../exports/decimal.ts'
import { duePlaceOf, readOpportunitiesDue, type DueOpportunity } from '../queries/opportunities-due.ts'
import { problem, unlessKnown } from './answers.ts'
import { dueQuery, limitWords } from './api-shapes.ts'

type Asked = Pick<APIContext, 'locals' | 'url'> & { request: Pick<Request, 'headers'> }

/** The opportunities whose next action is due, oldest first, a page at a time; 304 for whoever has just this page already. */
export async function opportunitiesDue(context: Asked): Promise<Response> {
  const { database, workspace } = context.locals
  const { searchParams } = context.url
  const most = dueQuery.shape.limit.safeParse(searchParams.get('limit') ?? undefined)
  const cursor = searchParams.get('cursor')
  const from = duePlaceOf(cursor)
  if (!most.success || (cursor !== null && from === undefined)) {
    const fields = {
      ...(!most.success && { limit: limitWords }),
      ...(cursor !== null && from === undefined && { cursor: 'next_cursor of the page before' }),
    }
    const message = 'The address asks for something that is not there.'
    return problem(context, { status: 400, code: 'validation_failed', message, fields })
  }
  const { rows, next } = await readOpportunitiesDue(database, workspace.id, { most: most.data, from })
  const body = `{"data":[${rows.map((row) => asJson(row, workspace.currency)).join(',')}],"next_cursor":${JSON.stringify(next)}}`
  return unlessKnown(context.request.headers, body)
}

/** Written by hand: of the hundreds of values on a page only four can hold anything but digits and letters. */
function asJson(
  [id, name, valueMinor, ofRecord, stage, at, details, version]: DueOpportunity,
  own: string,
): string {
  const currency = ofRecord ?? own
  const value = valueMinor === null ? 'null' : `"${decimal(BigInt(valueMinor), currency)}"`
  return `{"id":"${id}","name":${JSON.stringify(name)},"value":${value},"currency":${JSON.stringify(currency)},"stage":${JSON.stringify(stage)},"next_action_at":"${at.replace(' ', 'T').replace(/\+00$/, 'Z')}","next_action_details":${JSON.stringify(details)},"version":${version}}`
}
