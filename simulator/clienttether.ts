import { refusal, success } from './clienttether-envelope.ts'
import {
  clientRow,
  contactRow,
  eventRow,
  eventTypes,
  noteRow,
  opportunityRow,
  stageRow,
  type Wire,
} from './clienttether-rows.ts'
import { answerWrite } from './clienttether-writes.ts'
import { rowAt, type Activity } from './facts.ts'
import type { AccountOptions } from './options.ts'
import { actionPlans } from './company.ts'
import { firstPersonId } from './setting.ts'
import { RecordList } from './record-list.ts'
import type { Reply } from './reply.ts'
import type { ListName, World } from './world.ts'
import { Zone } from './zone.ts'

/** Page cap, and page size without `limit`: seen live with 230 contacts, same source as the rows (2026-11-20). */
const PAGE_LIMIT = 100

/** What an operation is asked: the text after its name in the path, and the query. */
export type Question = { id: string; query: URLSearchParams }

/**
 * ClientTether API 2.0 over one world: the read operations, and the writes of clients and events.
 * Source: https://support.clienttether.com/api-document/clienttether-api-2-0-doc and the public integrations named
 * beside the fields (2026-11-20).
 */
export class ClientTether {
  readonly #wire: Wire
  readonly #options: AccountOptions
  readonly #people: RecordList
  readonly #deals: RecordList
  /** The last filtered list of events, kept until one changes: a reader asks for its pages one after the other. */
  #lastEvents: { key: string; found: Activity[] } | undefined

  constructor(world: World, options: AccountOptions) {
    this.#options = options
    this.#wire = { world, options, zone: new Zone(options.timeZone ?? 'America/New_York') }
    const isNewestFirst = options.order === 'newestFirst'
    this.#people = this.#list(world.people, (person) => contactRow(this.#wire, person), isNewestFirst)
    this.#deals = this.#list(world.deals, (deal) => opportunityRow(this.#wire, deal), isNewestFirst)
  }

  /** Serialises the two large lists ahead of the first request. */
  warm(): void {
    this.#people.warm()
    this.#deals.warm()
  }

  /** To be told of every row that changed. */
  touch(list: ListName, index: number): void {
    if (list === 'people') this.#people.touch(index)
    if (list === 'deals') this.#deals.touch(index)
    if (list === 'activities') this.#lastEvents = undefined
  }

  /** The answer to an authorised GET. */
  answer(operation: string, question: Question): Reply {
    const answer = this.#operations[operation]
    return answer ? answer(question) : refusal(this.#options, 'unknownOperation')
  }

  /** The answer to an authorised POST. */
  write(operation: string, fields: Record<string, string>): Reply {
    return answerWrite(this.#wire, operation, fields)
  }

  readonly #operations: Record<string, (question: Question) => Reply> = {
    read_client_list: ({ query }) => this.#page(this.#people, query),
    read_opportunity_list: ({ query }) => this.#page(this.#deals, query),
    read_sales_cycle_list: ({ query }) => this.#rows(this.#wire.world.setting.stages.map(stageRow), query),
    read_lead_source_list: ({ query }) => this.#rows(this.#leadSources(), query),
    read_user_list: ({ query }) => this.#rows(this.#users(), query),
    read_action_plan_list: ({ query }) => this.#rows(this.#plans(), query),
    read_client_by_id: ({ id }) => this.#client(id),
    read_client_exist: ({ query }) => this.#exists(query),
    read_client_history_notes: ({ id, query }) => this.#notes(id, query),
    read_all_events: ({ query }) => this.#events(query),
  }

  #list<T extends World['people'][number] | World['deals'][number]>(
    rows: T[],
    wireRow: (row: T) => Record<string, unknown>,
    isNewestFirst: boolean,
  ): RecordList {
    const source = {
      length: () => rows.length,
      isListed: (index: number) => this.#wire.world.isListed(rowAt(rows, index)),
      serialise: (index: number) => JSON.stringify(wireRow(rowAt(rows, index))),
    }
    return new RecordList(source, isNewestFirst)
  }

  #page(list: Pick<RecordList, 'page' | 'total'>, query: URLSearchParams): Reply {
    const limit = wholeNumber(query.get('limit'), PAGE_LIMIT)
    const offset = wholeNumber(query.get('offset'), 0)
    if (limit === undefined || offset === undefined || limit === 0)
      return refusal(this.#options, 'badRequest')
    const total = list.total()
    if (total === 0 && this.#options.emptyList !== 'emptyArray') return refusal(this.#options, 'noRecord')
    return success(this.#options, total, list.page(offset, Math.min(limit, PAGE_LIMIT)))
  }

  #rows(rows: unknown[], query: URLSearchParams): Reply {
    const page = (offset: number, limit: number) =>
      Buffer.from(JSON.stringify(rows.slice(offset, offset + limit)).slice(1, -1))
    return this.#page({ total: () => rows.length, page }, query)
  }

  #leadSources(): object[] {
    const sources = this.#wire.world.setting.leadSources
    return sources.map(({ id, name }) => ({ lead_source_id: String(id), lead_source_name: name }))
  }

  /** ASSUMED fields. */
  #users(): object[] {
    return this.#wire.world.setting.owners.map((owner) => ({
      user_id: String(owner.id),
      first_name: owner.firstName,
      last_name: owner.lastName,
      email: owner.email,
    }))
  }

  /** Arrays in an array, as https://github.com/syndior/clienttether-gravityforms-integration reads them (2026-11-20). */
  #plans(): object[][] {
    return actionPlans.map((name, i) => [{ action_plan_id: String(i + 1), action_plan_name: name }])
  }

  #client(id: string): Reply {
    const index = this.personIndex(id)
    if (id === '') return refusal(this.#options, 'missingKey')
    if (index === undefined) return refusal(this.#options, 'noRecord', { client_id: false })
    const person = rowAt(this.#wire.world.people, index)
    return success(this.#options, 1, Buffer.from(JSON.stringify(clientRow(this.#wire, person))))
  }

  #exists(query: URLSearchParams): Reply {
    const phone = query.get('phone')
    const email = query.get('email')
    if (!phone && !email) return refusal(this.#options, 'missingKey')
    const { world } = this.#wire
    const found = world.people.find(
      (person) => world.isListed(person) && (phone ? person.phone === phone : person.email === email),
    )
    if (!found) return refusal(this.#options, 'noRecord', { client_id: false })
    return success(
      this.#options,
      1,
      Buffer.from(JSON.stringify({ client_id: String(found.id), external_id: '' })),
    )
  }

  #notes(id: string, query: URLSearchParams): Reply {
    const index = this.personIndex(id)
    if (id === '') return refusal(this.#options, 'missingKey')
    if (index === undefined) return refusal(this.#options, 'noRecord', { client_id: false })
    const person = rowAt(this.#wire.world.people, index)
    const notes = this.#wire.world.notebook.of(index)
    return this.#rows(
      notes.map((note) => noteRow(this.#wire, person, note)),
      query,
    )
  }

  /** `from_date` and `end_date` bound the local start, both included; `event_type` as in the rows. Paged like a list. */
  #events(query: URLSearchParams): Reply {
    const found = this.#eventsBetween(
      query.get('from_date') ?? '',
      endOfDay(query.get('end_date') ?? '9999'),
      query.get('event_type'),
    )
    const page = (offset: number, limit: number) => {
      const rows = found.slice(offset, offset + limit).map((activity) => eventRow(this.#wire, activity))
      return Buffer.from(JSON.stringify(rows).slice(1, -1))
    }
    return this.#page({ total: () => found.length, page }, query)
  }

  #eventsBetween(from: string, until: string, type: string | null): Activity[] {
    const key = JSON.stringify([from, until, type])
    if (this.#lastEvents?.key === key) return this.#lastEvents.found
    const { world, zone } = this.#wire
    const found = world.calendar.activities.filter((activity) => {
      const start = zone.text(activity.startAt)
      const isAsked = type === null || eventTypes[activity.kind] === type
      return isAsked && world.isListed(activity) && start >= from && start <= until
    })
    this.#lastEvents = { key, found }
    return found
  }

  /** Index of the listed person with this id on the wire. */
  personIndex(id: string): number | undefined {
    const { world } = this.#wire
    const index = Number(id) - firstPersonId(world.setting.seed)
    const person = world.people[index]
    return person && world.isListed(person) ? index : undefined
  }
}

function wholeNumber(text: string | null, otherwise: number): number | undefined {
  if (text === null || text === '') return otherwise
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

function endOfDay(text: string): string {
  return text.length === 10 ? `${text} 23:59:59` : text
}
