import { z } from 'zod'
import { StreamError } from '../../errors.ts'
import type { Reply, Request } from '../connector.ts'
import { readAs } from '../read-as.ts'
import type { Asked, Standing, Writing } from '../writing.ts'
import type { HubSpotSettings as HS } from './settings.ts'
import { paths } from './versions.ts'

// Tasks, associations and deals: the guides at https://developers.hubspot.com/docs (read 2026-11-21). A task is found again by what it
// is associated with, not by a search: those see a new record only after moments, sometimes minutes.

/** `task_to_deal` and its reverse read: the associations guide (read 2026-11-21). */
const taskToDeal = 216

const dealProperties = ['dealstage', 'pipeline', 'hs_lastmodifieddate', 'hubspot_owner_id', 'hs_is_closed']
const taskProperties = ['hs_task_body', 'hs_task_status', 'hs_task_subject', 'hs_timestamp']

const record = z.looseObject({
  id: z.string(),
  properties: z.record(z.string(), z.string().nullable()),
  archived: z.boolean().optional(),
})
type Found = z.infer<typeof record>
const linked = z.looseObject({
  results: z.array(
    z.looseObject({
      to: z.array(z.looseObject({ toObjectId: z.union([z.number(), z.string()]) })),
      paging: z.looseObject({ next: z.looseObject({ after: z.string() }).optional() }).optional(),
    }),
  ),
})
const batch = z.looseObject({ results: z.array(record) })
const pipelines = z.looseObject({
  results: z.array(
    z.looseObject({
      id: z.string(),
      stages: z.array(
        z.looseObject({
          id: z.string(),
          archived: z.boolean().optional(),
          metadata: z.looseObject({ isClosed: z.string().optional(), probability: z.string().optional() }),
        }),
      ),
    }),
  ),
})

/** The deal, the pipelines where it is to be closed, and the tasks about it; newest last, a hundred of them at most. */
function look(asked: Asked, replies: readonly Reply[]): Request | null {
  const [deal, second, ...others] = replies
  if (deal === undefined)
    return {
      method: 'GET',
      path: paths.record('deals', encodeURIComponent(asked.record)),
      query: { properties: dealProperties.join() },
      mayBeRefused: true,
    }
  if (deal.status >= 400) return null
  if (asked.outcome !== null)
    return second === undefined ? { method: 'GET', path: paths.pipelines('deals') } : null
  const tasks = second === undefined ? null : tasksOf([second, ...others])
  if (tasks === null || tasks.after !== null) {
    const { id } = readAs(record, deal.body, 'a HubSpot deal')
    const inputs = [{ id, ...(tasks !== null && { after: tasks.after }) }]
    return { method: 'POST', path: paths.associations('deals', 'tasks'), body: { inputs } }
  }
  const inputs = tasks.ids.map((id) => ({ id }))
  if (tasks.answer !== undefined || inputs.length === 0) return null
  return { method: 'POST', path: paths.batch('tasks'), body: { properties: taskProperties, inputs } }
}

/** The ids of the newest tasks, which come last; where their list goes on; and, once it has ended, the answer that shows them. */
type Tasks = { ids: string[]; after: string | null; answer: Reply | undefined }

function tasksOf(replies: readonly Reply[]): Tasks {
  const ids: string[] = []
  let after: string | null = null
  for (const [page, { body }] of replies.entries()) {
    const { results } = readAs(linked, body, 'a HubSpot list of associations')
    ids.push(...results.flatMap(({ to }) => to.map(({ toObjectId }) => String(toObjectId))))
    after = results[0]?.paging?.next?.after ?? null
    if (after === null) {
      const newest = ids.sort((a, b) => Number(a) - Number(b)).slice(-100)
      return { ids: newest, after, answer: replies[page + 1] }
    }
  }
  return { ids, after, answer: undefined }
}

function stand(asked: Asked, replies: readonly Reply[]): Standing {
  const [first, second, ...others] = replies
  if (first === undefined || first.status >= 400)
    return { kind: 'impossible', words: 'HubSpot no longer has this deal, or does not show it to us' }
  const deal = readAs(record, first.body, 'a HubSpot deal')
  if (asked.outcome !== null) return standOfDeal(asked, asked.outcome, deal, second)
  const listed = second === undefined ? null : tasksOf([second, ...others])
  // Ours is the newest: where the end of the list was not reached, nobody knows whether it is there.
  if (listed === null || listed.after !== null)
    throw new StreamError('E_CRM_BAD_REPLY', 'the list of the tasks of this HubSpot deal does not end')
  const tasks =
    listed.answer === undefined ? [] : readAs(batch, listed.answer.body, 'a HubSpot batch').results
  const standing = standOfTask(asked, deal, tasks)
  // What arrived there before the deal was closed has arrived.
  return deal.properties['hs_is_closed'] === 'true' && standing.main !== null
    ? { kind: 'impossible', words: 'HubSpot has closed this deal meanwhile' }
    : standing
}

function standOfTask(
  asked: Asked,
  deal: Found,
  tasks: readonly Found[],
): Extract<Standing, { kind: 'found' }> {
  const { step, marker, isMove } = asked
  const before = tasks.find(({ id }) => nameOf(id) === asked.task)
  const own = tasks.find(({ properties }) => properties['hs_task_body']?.includes(marker))
  const open = before?.properties['hs_task_status'] === 'COMPLETED' ? undefined : before
  const moved = isMove ? open : undefined
  const wanted = {
    hs_timestamp: step?.at ?? '',
    hs_task_subject: step?.details ?? '',
    hs_task_body: marker,
  }
  const task = own ?? moved
  const isSo = task?.properties['hs_task_body']?.includes(marker) === true
  const base = { kind: 'found', updatedAt: deal.properties['hs_lastmodifieddate'] ?? null } as const
  if (moved !== undefined)
    return {
      ...base,
      task: nameOf(moved.id),
      main: isSo
        ? null
        : { method: 'PATCH', path: paths.record('tasks', moved.id), body: { properties: wanted } },
      rest: [],
    }
  return {
    ...base,
    task: own === undefined ? null : nameOf(own.id),
    main: own === undefined ? creation(deal, wanted) : null,
    rest: open === undefined || open.id === own?.id ? [] : [completion(open.id)],
  }
}

function creation({ id, properties }: Found, wanted: Record<string, string>): Request {
  const owner = properties['hubspot_owner_id']
  const task = {
    ...wanted,
    hs_task_status: 'NOT_STARTED',
    ...(owner && { hubspot_owner_id: owner }),
  }
  const types = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: taskToDeal }]
  return {
    method: 'POST',
    path: paths.list('tasks'),
    body: { properties: task, associations: [{ to: { id }, types }] },
  }
}

const completion = (id: string): Request => ({
  method: 'PATCH',
  path: paths.record('tasks', id),
  body: { properties: { hs_task_status: 'COMPLETED' } },
})

/** The stages of the deal's own pipeline in which it can end so: by what each says of itself, as the pipelines guide has it. */
function standOfDeal(
  asked: Asked,
  { is, reason }: NonNullable<Asked['outcome']>,
  deal: Found,
  answer: Reply | undefined,
): Standing {
  const { dealstage, pipeline } = deal.properties
  const { results } = readAs(pipelines, answer?.body, 'a HubSpot list of pipelines')
  const stages = results.find(({ id }) => id === pipeline)?.stages ?? []
  const ends = (chance: number) =>
    stages
      .filter(({ metadata }) => metadata.isClosed === 'true' && Number(metadata.probability) === chance)
      .filter(({ archived }) => archived !== true)
  const [wanted, other] = is === 'won' ? [ends(1), ends(0)] : [ends(0), ends(1)]
  const [target] = wanted
  if (target === undefined)
    return {
      kind: 'impossible',
      words: `the pipeline of this deal in HubSpot has no stage that means ${is === 'won' ? 'won' : 'lost'}`,
    }
  if (other.some(({ id }) => id === dealstage))
    return {
      kind: 'impossible',
      words: `HubSpot has closed this deal meanwhile as ${is === 'won' ? 'lost' : 'won'}`,
    }
  const said = is === 'won' ? 'closed_won_reason' : 'closed_lost_reason'
  const words = is === 'disqualified' ? `Disqualified: ${reason ?? ''}` : reason
  const properties = { dealstage: target.id, ...(words && { [said]: words }) }
  const isSo = wanted.some(({ id }) => id === dealstage)
  return {
    kind: 'found',
    updatedAt: deal.properties['hs_lastmodifieddate'] ?? null,
    task: null,
    main: isSo ? null : { method: 'PATCH', path: paths.record('deals', deal.id), body: { properties } },
    rest: asked.task === null ? [] : [completion(asked.task.replace(/^tasks\//, ''))],
  }
}

/** As the stream of activities names a task. */
const nameOf = (id: string): string => `tasks/${id}`

export const writing: Writing<HS> = {
  words: {
    step: 'a task about the deal, with its time and words',
    outcomes: {
      won: 'the stage of the pipeline that means won, with the reason',
      lost: 'the stage of the pipeline that means lost, with the reason',
      disqualified: 'the stage that means lost, with “Disqualified” before the reason',
    },
  },
  keeps: 'instant',
  look,
  stand,
  made: ({ body }) => {
    const found = record.safeParse(body)
    return found.success ? nameOf(found.data.id) : null
  },
}
