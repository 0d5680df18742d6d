import { z } from 'zod'
import type { Reply, Request } from '../connector.ts'
import { readAs } from '../read-as.ts'
import type { Asked, Standing, WriteOutcome, Writing } from '../writing.ts'
import type { PipedriveSettings } from './settings.ts'

// Activities and deals, version 2: https://developers.pipedrive.com/docs/api/v1 with the switch on V2 (read 2026-11-21). An activity's
// day and time are those of UTC; its note is HTML. A reason for losing has 150 characters.

const id = z.union([z.number(), z.string()])
const deal = z.looseObject({
  data: z.looseObject({
    id,
    status: z.string(),
    is_deleted: z.boolean().optional(),
    update_time: z.string().nullable(),
    owner_id: id.nullable(),
  }),
})
const activity = z.looseObject({ id, note: z.string().nullable(), done: z.boolean() })
const activities = z.looseObject({ data: z.array(activity).nullable() })
type Activity = z.infer<typeof activity>

const deals = '/api/v2/deals'
const list = '/api/v2/activities'
const longestReason = 150

/** The deal, and for a step the activities about it, newest first. */
function look(asked: Asked, replies: readonly Reply[]): Request | null {
  const [first, second] = replies
  if (first === undefined)
    return { method: 'GET', path: `${deals}/${encodeURIComponent(asked.record)}`, mayBeRefused: true }
  if (first.status >= 400 || second !== undefined || asked.step === null) return null
  const query = { deal_id: asked.record, limit: '500', sort_by: 'id', sort_direction: 'desc' }
  return { method: 'GET', path: list, query }
}

function stand(asked: Asked, [first, second]: readonly Reply[]): Standing {
  if (first === undefined || first.status >= 400)
    return { kind: 'impossible', words: 'Pipedrive no longer has this deal, or does not show it to us' }
  const { data } = readAs(deal, first.body, 'a Pipedrive deal')
  if (data.is_deleted === true) return { kind: 'impossible', words: 'Pipedrive has deleted this deal' }
  const base = { kind: 'found', updatedAt: data.update_time } as const
  const closed = {
    kind: 'impossible',
    words: `Pipedrive has closed this deal meanwhile as ${data.status}`,
  } as const
  if (asked.outcome !== null)
    return data.status === 'open' || data.status === statusOf(asked.outcome.is)
      ? { ...base, ...ofDeal(asked, asked.outcome, data.status) }
      : closed
  const all = readAs(activities, second?.body, 'a Pipedrive list of activities').data ?? []
  const missing = ofActivity(asked, data.owner_id, all)
  // What arrived there before the deal was closed has arrived.
  return data.status !== 'open' && missing.main !== null ? closed : { ...base, ...missing }
}

type Missing = Pick<Extract<Standing, { kind: 'found' }>, 'task' | 'main' | 'rest'>

function ofActivity(
  { step, marker, task, isMove, record }: Asked,
  owner: number | string | null,
  all: readonly Activity[],
): Missing {
  const own = all.find(({ note }) => note?.includes(marker))
  const open = all.find((one) => String(one.id) === task && !one.done)
  const at = step?.at ?? ''
  const wanted = {
    subject: step?.details,
    due_date: at.slice(0, 10),
    due_time: at.slice(11, 19),
    note: marker,
  }
  if (isMove && open !== undefined)
    return { task, main: own === undefined ? patch(`${list}/${open.id}`, wanted) : null, rest: [] }
  const made = {
    ...wanted,
    type: 'task',
    deal_id: Number(record),
    ...(owner !== null && { owner_id: Number(owner) }),
  }
  return {
    task: own === undefined ? null : String(own.id),
    main: own === undefined ? { method: 'POST', path: list, body: made } : null,
    rest: open === undefined || open.id === own?.id ? [] : [completion(String(open.id))],
  }
}

const statusOf = (outcome: WriteOutcome): 'won' | 'lost' => (outcome === 'won' ? 'won' : 'lost')
const patch = (path: string, body: unknown): Request => ({ method: 'PATCH', path, body })
const completion = (task: string): Request => patch(`${list}/${task}`, { done: true })

function ofDeal(
  { record, task }: Asked,
  { is, reason }: NonNullable<Asked['outcome']>,
  status: string,
): Missing {
  const wanted = statusOf(is)
  const words = is === 'disqualified' ? `Disqualified: ${reason ?? ''}` : reason
  const body = {
    status: wanted,
    ...(wanted === 'lost' && words && { lost_reason: words.slice(0, longestReason) }),
  }
  return {
    task: null,
    main: status === wanted ? null : patch(`${deals}/${encodeURIComponent(record)}`, body),
    rest: task === null ? [] : [completion(task)],
  }
}

export const writing: Writing<PipedriveSettings> = {
  words: {
    step: 'an activity about the deal, with its time and words',
    outcomes: {
      won: 'the deal marked as won (Pipedrive keeps no reason for it)',
      lost: 'the deal marked as lost, with the reason',
      disqualified: 'the deal marked as lost, with “Disqualified” before the reason',
    },
  },
  keeps: 'instant',
  look,
  stand,
  made: ({ body }) => {
    const found = z.looseObject({ data: z.looseObject({ id }) }).safeParse(body)
    return found.success ? String(found.data.data.id) : null
  },
}
