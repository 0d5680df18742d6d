import type { Clock } from './clock.ts'
import type { Dialect } from './door.ts'
import { batchRead, isLinked, linked, linkWord } from './hubspot-associations.ts'
import { HubSpotLimits } from './hubspot-limits.ts'
import { accountDetails, ownersPage, pipelines, propertyList } from './hubspot-lookups.ts'
import { writeRecord, writeScopeOf } from './hubspot-writes.ts'
import { PORTAL_ID, scopes, type HubSpotOptions } from './hubspot-options.ts'
import { iso, type Properties } from './hubspot-properties.ts'
import { anotherToken, invalid, missingScopes, notFound, ok } from './hubspot-reply.ts'
import { Search } from './hubspot-search.ts'
import { hubSpotWebhooks } from './hubspot-webhooks.ts'
import { objectTypes, Shelf, type Kept, type TypeName } from './hubspot-shelf.ts'
import type { AccountOptions } from './options.ts'
import type { Reply } from './reply.ts'
import type { WebhookWire } from './webhook-wire.ts'
import type { ListName, World } from './world.ts'

/** What is asked of one account: a resource in our words, the ids in its path, the query (with what the body says of the page), the body. */
export type HubSpotQuestion = { resource: string; parts: string[]; query: URLSearchParams; body: string }

/** How many associations of one record an answer shows; the rest has paging of its own. */
const ASSOCIATIONS_SHOWN = 100

/**
 * HubSpot's CRM over one world: contacts, deals, leads, notes, calls, meetings, tasks and e-mails with their lists, search,
 * batches and associations; owners, pipelines, properties, account details. Source: https://developers.hubspot.com/docs, by the
 * pages named beside the parts (read 2026-11-20).
 */
export class HubSpot implements Dialect {
  readonly limits: HubSpotLimits
  readonly webhooks: WebhookWire
  readonly #world: World
  readonly #options: HubSpotOptions
  readonly #clock: Clock
  readonly #shelves: Record<TypeName, Shelf>
  readonly #searches: Record<TypeName, Search>
  /** Properties that were archived, as `deals.amount`. */
  readonly #hidden = new Set<string>()
  readonly #formerOwners = new Set<number>()
  #scopes: readonly string[]

  constructor(world: World, { hubspot = {} }: AccountOptions, clock: Clock) {
    this.#world = world
    this.#options = hubspot
    this.#clock = clock
    this.#scopes = hubspot.scopes ?? Object.values(scopes)
    this.limits = new HubSpotLimits(hubspot)
    const shelves = objectTypes.map((type) => [type.name, new Shelf(type, world)] as const)
    this.#shelves = Object.fromEntries(shelves) as Record<TypeName, Shelf>
    this.webhooks = hubSpotWebhooks(world, this.#shelves, hubspot.portalId ?? PORTAL_ID)
    const searches = shelves.map(([name, shelf]) => {
      return [name, new Search(shelf, () => world.now, hubspot.searchLagSeconds ?? 0)] as const
    })
    this.#searches = Object.fromEntries(searches) as Record<TypeName, Search>
  }

  touch(list: ListName): void {
    for (const shelf of Object.values(this.#shelves)) if (shelf.type.follows.includes(list)) shelf.touch()
  }

  warm(): void {
    for (const name of ['contacts', 'deals'] as const) this.#shelves[name].find(0)
  }

  /** What the token is good for. */
  get scopes(): readonly string[] {
    return this.#scopes
  }

  /** Changes what the token may read. */
  setScopes(granted: readonly string[]): void {
    this.#scopes = granted
  }

  /** Archives a property of an object type, or restores it: an archived one is missing from every record, as one that never was. */
  hideProperty(type: TypeName, property: string, isHidden = true): void {
    if (isHidden) this.#hidden.add(`${type}.${property}`)
    else this.#hidden.delete(`${type}.${property}`)
  }

  /** Deactivates a user: listed from now on among the archived owners alone. */
  archiveOwner(id: number): void {
    this.#formerOwners.add(id)
  }

  nowMs(): number {
    return this.#clock.nowMs()
  }

  /** The answer to an authorised request. */
  answer({ resource, parts, query, body }: HubSpotQuestion): Reply {
    const [first = '', second = ''] = parts
    const isArchived = query.get('archived') === 'true'
    if (resource === 'account-info') return ok(accountDetails(this.#options, this.#clock.nowMs()))
    if (resource === 'owners')
      return this.#within([scopes.owners], () =>
        ownersPage(this.#world, this.#formerOwners, isArchived, query),
      )
    if (resource === 'pipelines')
      return this.#within([this.#schemaScopeOf(first)], () => pipelines(this.#world, first))
    const shelf = this.#shelfOf(first)
    if (shelf === undefined) return notFound()
    const { scope, name } = shelf.type
    if (resource === 'properties')
      return this.#within([scope], () => propertyList(shelf, this.#hidden, isArchived))
    if (resource === 'list')
      return this.#within([scope, ...this.#scopesOfLinks(query)], () => this.#list(shelf, isArchived, query))
    if (resource === 'read') return this.#within([scope], () => this.#read(shelf, Number(second), query))
    if (resource === 'search')
      return this.#within([scope], () =>
        this.#searches[name].answer(parsed(body), query, (kept, properties) =>
          this.#show(shelf, kept, properties),
        ),
      )
    if (resource === 'create' || resource === 'update')
      return this.#within([writeScopeOf(name)], () => {
        const written = writeRecord(this.#world, this.#shelves, name, Number(second), parsed(body))
        if (typeof written !== 'number') return written
        const kept = this.#shelves[name].find(written)
        return kept === undefined
          ? notFound()
          : ok(this.#show(shelf, kept, [...shelf.type.defaults]), resource === 'create' ? 201 : 200)
      })
    if (resource === 'batch') return this.#within([scope], () => this.#batch(shelf, isArchived, parsed(body)))
    const other = this.#shelfOf(second)
    if (resource !== 'associations' || other === undefined) return notFound()
    return this.#within([scope, other.type.scope], () => this.#associations(shelf, other, parsed(body)))
  }

  #within(required: readonly string[], answer: () => Reply): Reply {
    const missing = required.filter((scope) => scope !== '' && !this.#scopes.includes(scope))
    return missing.length > 0 ? missingScopes(missing) : answer()
  }

  /** The pipelines of deals are readable by the scope of the deals or by that of their schema. */
  #schemaScopeOf(type: string): string {
    const scope = scopeOf(type)
    return scope === scopes.deals && this.#scopes.includes(scopes.dealSchemas) ? scopes.dealSchemas : scope
  }

  #shelfOf(type: string): Shelf | undefined {
    return Object.values(this.#shelves).find(({ type: { name, typeId } }) => name === type || typeId === type)
  }

  #scopesOfLinks(query: URLSearchParams): string[] {
    return listed(query.getAll('associations')).map((type) => this.#shelfOf(type)?.type.scope ?? '')
  }

  #list(shelf: Shelf, isArchived: boolean, query: URLSearchParams): Reply {
    const limit = Number(query.get('limit') ?? 10)
    if (!(limit >= 0 && limit <= 100)) return invalid('limit must be at most 100')
    if (query.getAll('properties').join(',').length > 15_000) return ok({ message: 'URI Too Long' }, 414)
    const isListed = isArchived ? (kept: Kept) => shelf.isArchived(kept) : (kept: Kept) => shelf.isLive(kept)
    const { all } = shelf
    let at = placeAfter(all, Number.parseInt(query.get('after') ?? '0', 10))
    const rows: Kept[] = []
    for (; at < all.length && rows.length < limit; at += 1) {
      const kept = all[at]
      if (kept !== undefined && isListed(kept)) rows.push(kept)
    }
    const isBefore = (place: number) => all[place] !== undefined && !isListed(all[place])
    let next = at
    while (isBefore(next)) next += 1
    const hasMore = next < all.length
    const properties = query.has('properties') ? listed(query.getAll('properties')) : [...shelf.type.defaults]
    const links = listed(query.getAll('associations'))
    const after = String(all[at - 1]?.id ?? 0)
    return ok({
      results: rows.map((kept) => ({
        ...this.#show(shelf, kept, properties),
        ...this.#links(shelf, kept, links),
      })),
      ...(hasMore && {
        paging: { next: { after: rows.length === 0 ? anotherToken(query) : after, link: `?after=${after}` } },
      }),
    })
  }

  #links(shelf: Shelf, kept: Kept, types: string[]): { associations?: object } {
    const found = types.flatMap((type) => {
      const to = this.#shelfOf(type)?.type.name
      const ids = to === undefined ? [] : linked(this.#world, this.#shelves, shelf.type.name, kept, to)
      if (to === undefined || ids.length === 0) return []
      const results = ids
        .slice(0, ASSOCIATIONS_SHOWN)
        .map((id) => ({ id: String(id), type: linkWord(shelf.type.name, to) }))
      const paging =
        ids.length > ASSOCIATIONS_SHOWN ? { paging: { next: { after: String(ASSOCIATIONS_SHOWN) } } } : {}
      return [[to, { results, ...paging }] as const]
    })
    return found.length === 0 ? {} : { associations: Object.fromEntries(found) }
  }

  /** An id that a merge replaced answers with the record that stands for it. */
  #read(shelf: Shelf, id: number, query: URLSearchParams): Reply {
    const kept = shelf.find(this.#survivor(shelf, id))
    if (kept === undefined || !shelf.isLive(kept)) return notFound()
    const properties = query.has('properties') ? listed(query.getAll('properties')) : [...shelf.type.defaults]
    return ok({
      ...this.#show(shelf, kept, properties),
      ...this.#links(shelf, kept, listed(query.getAll('associations'))),
    })
  }

  #survivor(shelf: Shelf, id: number): number {
    if (shelf.type.name !== 'contacts') return id
    const index = this.#world.personIndexOf(id)
    const person = this.#world.people[index]
    if (person === undefined) return id
    return person.mergedInto === 0 ? person.id : this.#survivor(shelf, person.mergedInto)
  }

  #batch(
    shelf: Shelf,
    isArchived: boolean,
    { inputs = [], properties }: { inputs?: { id: string }[]; properties?: string[] },
  ): Reply {
    if (inputs.length > 100) return invalid('at most 100 inputs')
    const errors: object[] = []
    const results = inputs.flatMap(({ id }) => {
      const kept = shelf.find(isArchived ? Number(id) : this.#survivor(shelf, Number(id)))
      if (kept !== undefined && (isArchived ? shelf.isArchived(kept) : shelf.isLive(kept)))
        return [this.#show(shelf, kept, properties ?? [...shelf.type.defaults])]
      errors.push({
        status: 'error',
        category: 'OBJECT_NOT_FOUND',
        message: 'not found',
        context: { ids: [id] },
      })
      return []
    })
    const at = new Date().toISOString()
    const body = { status: 'COMPLETE', results, startedAt: at, completedAt: at }
    return errors.length === 0 ? ok(body) : ok({ ...body, numErrors: errors.length, errors }, 207)
  }

  #associations(
    from: Shelf,
    to: Shelf,
    { inputs = [] }: { inputs?: { id?: string | number; after?: string }[] },
  ): Reply {
    if (inputs.length > 1_000) return invalid('at most 1,000 inputs')
    if (!isLinked(from.type.name, to.type.name))
      return invalid(`no association of ${from.type.name} and ${to.type.name}`)
    const find = (id: number) => {
      const kept = from.find(id)
      return kept && linked(this.#world, this.#shelves, from.type.name, kept, to.type.name)
    }
    return batchRead(inputs, from.type.name, to.type.name, find, ASSOCIATIONS_SHOWN)
  }

  /** Properties that do not exist are left out without a word; those that are empty are null. */
  #show(shelf: Shelf, kept: Kept, asked: string[]): object {
    const { row, id } = kept
    const all: Properties = { ...kept.read(), ...(row.wire as Properties | null) }
    const hidden = (name: string) => this.#hidden.size > 0 && this.#hidden.has(`${shelf.type.name}.${name}`)
    const isMail = shelf.type.name === 'emails' && !this.#scopes.includes(scopes.mail)
    const properties: Properties = {}
    for (const name of new Set([...asked, ...shelf.type.defaults]))
      if (name in all && !hidden(name))
        properties[name] = isMail && mailContent.test(name) ? null : (all[name] ?? null)
    const isArchived = row.removedAt > 0
    return {
      id: String(id),
      properties,
      createdAt: iso(row.createdAt),
      updatedAt: iso(row.modifiedAt),
      archived: isArchived,
      ...(isArchived && { archivedAt: iso(row.removedAt) }),
    }
  }
}

const mailContent = /^hs_email_(text|html|subject|headers)$/
const scopeOf = (type: string): string =>
  objectTypes.find(({ name, typeId }) => name === type || typeId === type)?.scope ?? ''
/** Names come with commas between them, or one parameter for each. */
const listed = (texts: string[]): string[] =>
  texts.flatMap((text) => text.split(',')).filter((part) => part !== '')
const parsed = (body: string): object => (body === '' ? {} : JSON.parse(body)) as object

/** Place of the first record with a greater id. */
function placeAfter(all: Kept[], id: number): number {
  let [low, high] = [0, all.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((all[middle]?.id ?? 0) <= id) low = middle + 1
    else high = middle
  }
  return low
}
