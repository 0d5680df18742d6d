import type { Clock } from './clock.ts'
import type { Dialect } from './door.ts'
import { rowAt, type Activity, type Deal, type Note, type Row } from './facts.ts'
import type { AccountOptions } from './options.ts'
import { pipedriveError } from './pipedrive-errors.ts'
import {
  archivedAt,
  dealOf,
  isArchivedLead,
  isLead,
  isListedActivity,
  leadChangedAt,
  leadId,
  orgId,
  PIPELINES,
  stagesOf,
  standingOf,
} from './pipedrive-facts.ts'
import {
  codeOf,
  dealFields,
  fieldRow,
  organizationFields,
  personFields,
  withoutFields,
} from './pipedrive-fields.ts'
import { Limits } from './pipedrive-limits.ts'
import { cursorPage, listReply, recordReply, sourceOf, type Entry, type Source } from './pipedrive-lists.ts'
import { offsetPage, type OldEntry } from './pipedrive-offsets.ts'
import { activityTypeRows, leadRow, noteRow, userRow } from './pipedrive-old-rows.ts'
import { activityRow, dealRow, organizationRow, personRow, pipelineRow, stageRow } from './pipedrive-rows.ts'
import { pipedriveWebhooks } from './pipedrive-webhooks.ts'
import { dealWithId, updateDeal, writeActivity } from './pipedrive-writes.ts'
import { jsonReply, type Reply } from './reply.ts'
import type { WebhookWire } from './webhook-wire.ts'
import type { World } from './world.ts'

/** How long a deleted deal can still be listed. */
const KEPT_SECONDS = 30 * 86_400

/** Which record is meant, and what is sent along. */
type Meant = { id: string; body: string }
type Operation = { cost: number; answer: (query: URLSearchParams, meant: Meant) => Reply }

/**
 * Pipedrive over one world: the lists of versions 2 and 1 that can be read by now, and writes to deals and activities, each at its
 * cost in tokens.
 * Source: https://developers.pipedrive.com/docs/api/v1 (both versions) and the official client 33.7.0 (read 2026-11-21).
 */
export class Pipedrive implements Dialect {
  readonly webhooks: WebhookWire
  readonly #world: World
  readonly #options: AccountOptions
  readonly #limits: Limits
  /** Codes of custom fields that were taken away. */
  readonly #deletedFields = new Set<string>()
  #changes = 0
  #notes: { key: string; entries: OldEntry[] } | undefined

  constructor(world: World, options: AccountOptions, clock: Clock) {
    this.#world = world
    this.#options = options
    this.#limits = new Limits(options.pipedrive ?? {}, clock)
    this.webhooks = pipedriveWebhooks(world, this.#companyId)
  }

  warm(): void {
    // Rows are written out when they are asked for.
  }

  /** To be told of every row that changed. */
  touch(): void {
    this.#changes += 1
  }

  /** Takes away a custom field of deals by its name, with all its values, or puts it back. */
  deleteField(name: string, isDeleted = true): void {
    const code = codeOf(this.#world.setting.seed, name)
    if (isDeleted) this.#deletedFields.add(code)
    else this.#deletedFields.delete(code)
  }

  /** The answer to a request that was let in. */
  answer(operation: string, query: URLSearchParams, meant: Meant): Reply {
    const known = this.#operations[operation]
    if (known === undefined) return pipedriveError('unknownPath')
    return this.#limits.refusal(known.cost) ?? this.#limits.stamped(known.answer(query, meant))
  }

  readonly #operations: Record<string, Operation> = {
    'v2/deals': { cost: 10, answer: (query) => this.#deals(query) },
    'v2/deals/archived': { cost: 20, answer: (query) => this.#archivedDeals(query) },
    'v2/persons': { cost: 10, answer: (query) => cursorPage(this.#people(), query) },
    'v2/organizations': { cost: 10, answer: (query) => cursorPage(this.#organizations(), query) },
    'v2/activities': {
      cost: 10,
      answer: (query) => cursorPage(this.#activities(query.get('deal_id')), query),
    },
    'v2/deals.get': { cost: 1, answer: (_, { id }) => this.#deal(id) },
    'v2/deals.update': {
      cost: 5,
      answer: (_, { id, body }) => updateDeal(this.#world, id, body) ?? this.#deal(id),
    },
    'v2/activities.create': { cost: 5, answer: (_, { body }) => writeActivity(this.#world, '', body) },
    'v2/activities.update': { cost: 5, answer: (_, { id, body }) => writeActivity(this.#world, id, body) },
    'v2/pipelines': { cost: 5, answer: (query) => this.#small(PIPELINES, pipelineRow, query) },
    'v2/stages': { cost: 5, answer: (query) => this.#small(stagesOf(this.#world), stageRow, query) },
    'v2/dealFields': { cost: 10, answer: (query) => this.#fields(dealFields(this.#world), query) },
    'v2/personFields': { cost: 10, answer: (query) => this.#fields(personFields(this.#world), query) },
    'v2/organizationFields': {
      cost: 10,
      answer: (query) => this.#fields(organizationFields(this.#world), query),
    },
    'v1/users': { cost: 20, answer: () => this.#users() },
    'v1/users/me': { cost: 2, answer: () => this.#ownUser() },
    'v1/activityTypes': { cost: 20, answer: () => listReply(activityTypeRows, null) },
    'v1/notes': { cost: 20, answer: (query) => offsetPage(this.#allNotes(), query) },
    'v1/notes.get': { cost: 2, answer: (_, { id }) => oneOf(this.#allNotes(), id) },
    'v1/leads.get': {
      cost: 2,
      answer: (_, { id }) => oneOf([...this.#leads(false), ...this.#leads(true)], id),
    },
    'v1/leads': { cost: 20, answer: (query) => this.#leadsPage(false, query) },
    'v1/leads/archived': { cost: 20, answer: (query) => this.#leadsPage(true, query) },
  }

  /** All that are neither deleted nor archived, unless a `status` is asked for. */
  #deals(query: URLSearchParams): Reply {
    const wanted = query.get('status')?.split(',') ?? ['open', 'won', 'lost']
    return cursorPage(
      this.#dealSource((deal) => {
        if (deal.removedAt > 0) return wanted.includes('deleted') && !this.#isPurged(deal)
        return wanted.includes(standingOf(this.#world, deal).status) && archivedAt(this.#world, deal) === 0
      }),
      query,
    )
  }

  #isPurged({ removedAt }: Deal): boolean {
    return removedAt > 0 && removedAt <= this.#world.now - KEPT_SECONDS
  }

  #archivedDeals(query: URLSearchParams): Reply {
    const isArchived = (deal: Deal) => deal.removedAt === 0 && archivedAt(this.#world, deal) > 0
    return cursorPage(this.#dealSource(isArchived), query)
  }

  #dealSource(isWanted: (deal: Deal) => boolean): Source {
    const world = this.#world
    const isShown = (deal: Deal) => deal.visibleAt <= world.now && isWanted(deal)
    return sourceOf(
      world.deals,
      isShown,
      ({ id }) => id,
      (deal) => withoutFields(dealRow(world, deal), this.#deletedFields),
    )
  }

  #people(): Source {
    const world = this.#world
    const isShown = (person: Row) => world.isListed(person)
    return sourceOf(
      world.people,
      isShown,
      ({ id }) => id,
      (person) => personRow(world, person),
    )
  }

  #organizations(): Source {
    const world = this.#world
    return sourceOf(
      world.people,
      (person) => world.isListed(person) && person.company !== '',
      (person) => orgId(person) ?? 0,
      (person) => organizationRow(world, person),
    )
  }

  /** A deleted deal is found for thirty days. */
  #deal(id: string): Reply {
    const world = this.#world
    const deal = dealWithId(world, id)
    const isFound = deal !== undefined && deal.visibleAt <= world.now && !this.#isPurged(deal)
    return isFound
      ? recordReply(withoutFields(dealRow(world, deal), this.#deletedFields))
      : pipedriveError('notFound')
  }

  #activities(dealId: string | null): Source {
    const world = this.#world
    const isMeant = (activity: Activity) => dealId === null || String(dealOf(world, activity)) === dealId
    return sourceOf(
      world.calendar.activities,
      (activity) => isListedActivity(world, activity) && isMeant(activity),
      ({ id }) => id,
      (activity) => activityRow(world, activity),
    )
  }

  /** Lists that cannot be asked for changes. */
  #small<T extends { id: number }>(
    rows: readonly T[],
    row: (world: World, item: T) => Record<string, unknown>,
    query: URLSearchParams,
  ): Reply {
    const at = (place: number): Entry => {
      const item = rowAt(rows, place)
      return { id: item.id, addedAt: 0, updatedAt: 0, row: () => row(this.#world, item) }
    }
    return cursorPage({ length: rows.length, at }, query, false)
  }

  #fields(fields: Parameters<typeof fieldRow>[0][], query: URLSearchParams): Reply {
    const defined = fields.filter(({ code }) => !this.#deletedFields.has(code))
    const numbered = defined.map((field, place) => ({ ...field, id: place + 1 }))
    return this.#small(numbered, (_world, field) => fieldRow(field), query)
  }

  /** Not paged; the company stands beside them. */
  #users(): Reply {
    return listReply(this.#userRows(), { company_id: this.#companyId })
  }

  /** Whoever let us in: the first of them. */
  #ownUser(): Reply {
    const [own] = this.#userRows()
    const data = { ...own, company_id: this.#companyId }
    return jsonReply(JSON.stringify({ success: true, data }))
  }

  #userRows(): Record<string, unknown>[] {
    const zone = this.#options.timeZone ?? 'America/New_York'
    return this.#world.setting.owners.map((owner) => userRow(this.#world, owner, zone))
  }

  get #companyId(): number {
    return 15_000_000 + this.#world.setting.seed
  }

  /** Those of every listed person, kept until something changes: a reader asks for page after page. */
  #allNotes(): OldEntry[] {
    const world = this.#world
    const key = `${this.#changes} ${world.notebook.changes} ${world.people.length}`
    if (this.#notes?.key !== key) {
      const entries = world.people.flatMap((person, index) =>
        world.isListed(person) ? world.notebook.of(index).map((note) => noteEntry(world, index, note)) : [],
      )
      this.#notes = { key, entries }
    }
    return this.#notes.entries
  }

  #leadsPage(areArchived: boolean, query: URLSearchParams): Reply {
    return offsetPage(this.#leads(areArchived), query, this.#options.pipedrive?.leadsPaging === 'flat')
  }

  #leads(areArchived: boolean): OldEntry[] {
    const world = this.#world
    return world.people
      .filter((person) => isLead(world, person) && isArchivedLead(world, person) === areArchived)
      .map((person) => ({
        key: leadId(person),
        addedAt: person.createdAt,
        updatedAt: leadChangedAt(world, person),
        row: () => leadRow(world, person),
      }))
  }
}

/** One record of version 1 by its id. */
function oneOf(entries: readonly OldEntry[], id: string): Reply {
  const found = entries.find(({ key }) => String(key) === id)
  return found === undefined ? pipedriveError('notFound') : recordReply(found.row())
}

const noteEntry = (world: World, personIndex: number, note: Note): OldEntry => ({
  key: note.id,
  addedAt: note.createdAt,
  updatedAt: note.createdAt,
  row: () => noteRow(world, personIndex, note),
})
