import { z } from 'zod'
import { StreamError } from '../../errors.ts'
import type { Reply, Request } from '../connector.ts'
import type { Asked, Standing, Writing } from '../writing.ts'
import type { ClientTetherSettings as CT } from './settings.ts'
import { filled, nameKey, outcome as outcomeOf, value, type Item } from './values.ts'

// create_client_event, update_client_event and update_client_by_id, parameters in the query, `sales_cycle_id` for the stage: public
// integrations and the API 2.0 document (read 2026-11-20). ASSUMED: that events are written by the names in which they are listed. An
// opportunity has no operation of its own: its stage is its client's. Nobody says when a client's stage changed, so the stage itself
// is compared with the one the person saw.

const list = z.looseObject({ data: z.array(z.looseObject({})) })

/** The client, then the events at that minute or, for an outcome, the stages. */
function look({ contact, step }: Asked, replies: readonly Reply[], settings: CT): Request | null {
  const [first, second] = replies
  if (contact === null) return null
  if (first === undefined)
    return { method: 'GET', path: `read_client_by_id/${encodeURIComponent(contact)}`, mayBeRefused: true }
  if (second !== undefined || first.status >= 400) return null
  if (step === null)
    return { method: 'GET', path: 'read_sales_cycle_list', query: { limit: '100', offset: '0' } }
  // What was made for this step begins when it is due.
  const at = local(step.at, settings)
  const query = { from_date: at, end_date: at, event_type: settings.eventType, limit: '100', offset: '0' }
  return { method: 'GET', path: 'read_all_events', query }
}

function stand(asked: Asked, [first, second]: readonly Reply[], settings: CT): Standing {
  if (asked.contact === null)
    return { kind: 'impossible', words: 'ClientTether does not say whose opportunity this is' }
  const client = first === undefined || first.status >= 400 ? undefined : clientIn(first.body)
  if (client === undefined) return { kind: 'impossible', words: 'ClientTether no longer has this client' }
  return asked.outcome === null
    ? ofEvent(asked, asked.contact, rows(second), settings)
    : ofStage(asked, asked.outcome.is, client, rows(second), settings)
}

const unknown = { kind: 'found', updatedAt: null } as const

function ofEvent(
  { step, marker, task, isMove }: Asked,
  contact: string,
  events: Item[],
  settings: CT,
): Standing {
  const own = events.find((event) => value(event, 'description').includes(marker))
  const at = step?.at ?? ''
  const wanted = {
    title: step?.details ?? '',
    description: marker,
    start_date: local(at, settings),
    end_date: local(new Date(Date.parse(at) + minutes * 60_000).toISOString(), settings),
  }
  const id = own === undefined ? null : filled(own, 'event_id')
  if (isMove && task !== null)
    return {
      ...unknown,
      task,
      main: own === undefined ? post('update_client_event', { event_id: task, ...wanted }) : null,
      rest: [],
    }
  const made = { client_id: contact, event_type: settings.eventType, ...wanted }
  return {
    ...unknown,
    task: id,
    main: own === undefined ? post('create_client_event', made) : null,
    rest: task === null || task === id ? [] : [completion(task)],
  }
}

/** An event has an end. */
const minutes = 30

function ofStage(
  asked: Asked,
  is: 'won' | 'lost' | 'disqualified',
  client: Item,
  stages: Item[],
  settings: CT,
): Standing {
  const present = value(client, 'clients_sales_cycle') || settings.newLeadStage
  const name = settings.writtenStages[is]
  const target = stages.find((stage) => nameKey(value(stage, 'sales_cycle_name')) === nameKey(name))
  if (target === undefined) return { kind: 'impossible', words: `ClientTether has no stage named ${name}` }
  const meant = outcomeOf(present, settings)
  const wanted = is === 'won' ? 'won' : 'lost'
  if (meant !== 'open' && meant !== wanted)
    return { kind: 'impossible', words: `ClientTether has closed this client meanwhile: ${present}` }
  const change = { client_id: asked.contact ?? '', sales_cycle_id: value(target, 'sales_cycle_id') }
  return {
    ...unknown,
    isChanged: asked.stageName !== null && nameKey(asked.stageName) !== nameKey(present),
    task: null,
    main: meant === wanted ? null : post('update_client_by_id', change),
    rest: asked.task === null ? [] : [completion(asked.task)],
  }
}

const post = (path: string, query: Record<string, string>): Request => ({ method: 'POST', path, query })
const completion = (task: string): Request => post('update_client_event', { event_id: task, completed: '1' })

const local = (at: string, { timeZone }: CT): string =>
  Temporal.Instant.from(at)
    .toZonedDateTimeISO(timeZone)
    .toPlainDateTime()
    .toString({ smallestUnit: 'second' })
    .replace('T', ' ')

function clientIn(body: unknown): Item | undefined {
  const found = list.safeParse(body)
  return found.success ? found.data.data[0] : undefined
}

/** An empty list has no rows, and may have no list. */
function rows(reply: Reply | undefined): Item[] {
  const found = list.safeParse(reply?.body)
  if (found.success) return found.data.data
  if (/"CT_?515"/.test(JSON.stringify(reply?.body))) return []
  throw new StreamError('E_CRM_BAD_REPLY', 'not a ClientTether list')
}

export const writing: Writing<CT> = {
  words: {
    step: 'an event of the client, with its time and words',
    outcomes: {
      won: 'the client’s stage (ClientTether keeps no reason)',
      lost: 'the client’s stage (ClientTether keeps no reason)',
      disqualified: 'the client’s stage (ClientTether keeps no reason)',
    },
  },
  keeps: 'instant',
  look,
  stand,
  made: ({ body }) => filled(clientIn(body) ?? {}, 'event_id'),
}
