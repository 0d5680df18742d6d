import type { Clock } from './clock.ts'
import { dialects } from './dialects.ts'
import type { Dialect } from './door.ts'
import { fullName, rowAt, type ActivityEdit, type DealEdit, type PersonEdit } from './facts.ts'
import { Grant } from './oauth.ts'
import type { AccountOptions } from './options.ts'
import { firstActivityId, firstDealId, firstPersonId } from './setting.ts'
import { Timeline } from './timeline.ts'
import { truthOf, type Truth } from './truth.ts'
import { nameOf, worldOf } from './world-of.ts'
import type { WebhookOptions } from './webhook-options.ts'
import { Webhooks, type SentWebhook } from './webhooks.ts'
import type { World } from './world.ts'

/** Ids are those on the wire, as text or number. */
export type Id = string | number

/** Account-wide events that concern other accounts too. */
type Enterprise = { rotateToken: (from: string, to: string) => void }

/**
 * One company in the CRM: its world, its credentials, its wire. Every method first plays the world up to the clock.
 * The edit hooks are what a person at the CRM's own screen would do, at this second; `wire` in an edit lays raw
 * fields over the row as it is sent, e.g. `{ wire: { deal_size: '90.000 EUR' } }`, and `wire: null` takes them off.
 */
export class SimulatedAccount {
  readonly options: AccountOptions
  readonly name: string
  readonly #clock: Clock
  readonly #world: World
  readonly #timeline: Timeline
  readonly #dialect: Dialect
  readonly #enterprise: Enterprise
  /** Set where access ends by itself. */
  readonly grant: Grant | undefined
  #accessToken: string
  #webhooks: Webhooks | null = null

  constructor(options: AccountOptions, clock: Clock, enterprise: Enterprise) {
    if (
      !isWithin(options.people, 1_000_000) ||
      !isWithin(options.deals ?? 0, 4_000_000) ||
      !isWithin(options.seed, 2 ** 31)
    ) {
      throw new RangeError('people go to 1,000,000, deals to 4,000,000; seeds are whole and not negative')
    }
    this.options = options
    this.#clock = clock
    this.#enterprise = enterprise
    this.#accessToken = options.accessToken
    this.grant = options.oauth && new Grant(options.oauth, clock)
    this.name = nameOf(options)
    this.#world = worldOf(options, Math.floor((options.startAt?.getTime() ?? clock.nowMs()) / 1000))
    this.#timeline = new Timeline(this.#world, options.changesPerDay ?? Math.max(20, options.people / 20))
    this.#dialect = dialects[options.crm ?? 'clienttether'](this.#world, options, clock)
    this.#world.onTouch = (list, index) => {
      this.#dialect.touch(list, index)
      this.#webhooks?.touch(list, index)
    }
    this.#now()
    this.#dialect.warm()
    if (options.webhooks !== undefined) this.sendWebhooks(options.webhooks)
  }

  get webKey(): string {
    return this.options.webKey
  }

  get accessToken(): string {
    return this.#accessToken
  }

  /** Whether a request with this access token is let in. */
  accepts(accessToken: string): boolean {
    return this.grant === undefined ? accessToken === this.#accessToken : this.grant.accepts(accessToken)
  }

  /** The wire, at this instant. */
  get dialect(): Dialect {
    this.#now()
    return this.#dialect
  }

  truth(): Truth {
    return truthOf(this.#now())
  }

  /** How many people and deals are listed now, without taking the whole truth. */
  totals(): { people: number; deals: number } {
    const world = this.#now()
    const count = (rows: (typeof world.people)[number][] | (typeof world.deals)[number][]) =>
      rows.reduce((sum, row) => sum + (world.isListed(row) ? 1 : 0), 0)
    return { people: count(world.people), deals: count(world.deals) }
  }

  /** Answers the new person's id. No deal is made. */
  addPerson(facts: PersonEdit = {}): string {
    const world = this.#now()
    return String(firstPersonId(this.options.seed) + world.addPerson(facts))
  }

  editPerson(id: Id, facts: PersonEdit): void {
    this.#now().editPerson(this.#person(id), facts)
  }

  removePerson(id: Id): void {
    this.#now().removePerson(this.#person(id))
  }

  mergePeople(winnerId: Id, loserId: Id): void {
    this.#now().mergePeople(this.#person(winnerId), this.#person(loserId))
  }

  /** Answers the new deal's id; stage, owner, source and amount are the person's unless given. */
  addDeal(personId: Id, facts: DealEdit = {}): string {
    const index = this.#now().addDeal(this.#person(personId), facts)
    return String(firstDealId(this.options.seed) + index)
  }

  /** Brings back a deal that was removed. */
  restoreDeal(id: Id): void {
    this.#now().restore('deals', this.#deal(id))
  }

  /** Removes a person so that no list of removed ones shows them. */
  purgePerson(id: Id): void {
    this.#now().purge('people', this.#person(id))
  }

  editDeal(id: Id, facts: DealEdit): void {
    this.#now().editDeal(this.#deal(id), facts)
  }

  removeDeal(id: Id): void {
    this.#now().removeDeal(this.#deal(id))
  }

  /** Puts a deal away, or takes it back; only Pipedrive has such an archive. */
  archiveDeal(id: Id, isArchived = true): void {
    const world = this.#now()
    world.editDeal(this.#deal(id), { archivedAt: isArchived ? world.now : 0 })
  }

  /** Answers the new note's id. */
  addNote(personId: Id, text: string, author?: string): string {
    const world = this.#now()
    const signed = author ?? fullName(rowAt(world.setting.owners, 0))
    return String(world.addNote(this.#person(personId), signed, text).id)
  }

  removeNote(id: Id): void {
    this.#now().removeNote(Number(id))
  }

  /** Answers the new activity's id; it starts within three weeks unless `startAt` (seconds since 1970) is given. */
  addActivity(personId: Id, facts: ActivityEdit = {}): string {
    const index = this.#now().addActivity(this.#person(personId), facts)
    return String(firstActivityId(this.options.seed) + index)
  }

  editActivity(id: Id, facts: ActivityEdit): void {
    this.#now().editActivity(this.#activity(id), facts)
  }

  removeActivity(id: Id): void {
    this.#now().removeActivity(this.#activity(id))
  }

  /** The CRM changes the enterprise's token: every account with the same one gets the new one. */
  rotateToken(newToken: string): void {
    this.#enterprise.rotateToken(this.#accessToken, newToken)
  }

  /** Changes what this account alone accepts. */
  setAccessToken(token: string): void {
    this.#accessToken = token
  }

  /** Ends every access token that was renewed; the refresh token stays good. */
  endAccess(): void {
    this.grant?.endAccess()
  }

  /** The person takes back what they consented to. */
  revokeAccess(): void {
    this.grant?.revoke()
  }

  /** Sends webhooks of what happens from now on, or none any more. Throws where the CRM has none. */
  sendWebhooks(options: WebhookOptions | null): void {
    const { webhooks } = this.#dialect
    if (webhooks === undefined) throw new Error(`${this.webKey} is of a CRM without webhooks`)
    void this.#webhooks?.close()
    this.#webhooks = options && new Webhooks(webhooks, options, this.#clock, () => this.#now())
  }

  /** Sends the webhooks that are due, waits for their answers, and gives every attempt since they were switched on. */
  async sentWebhooks(): Promise<readonly SentWebhook[]> {
    await this.#webhooks?.settle()
    return this.#webhooks?.sent ?? []
  }

  async close(): Promise<void> {
    await this.#webhooks?.close()
  }

  #now(): World {
    this.#timeline.playTo(Math.floor(this.#clock.nowMs() / 1000))
    return this.#world
  }

  #person(id: Id): number {
    const index = this.#world.personIndexOf(Number(id))
    if (Number.isNaN(index)) throw new Error(`no person with id ${id}`)
    return index
  }

  #deal(id: Id): number {
    return indexOf(id, firstDealId(this.options.seed), this.#world.deals.length, 'deal')
  }

  #activity(id: Id): number {
    const { length } = this.#world.calendar.activities
    return indexOf(id, firstActivityId(this.options.seed), length, 'activity')
  }
}

function indexOf(id: Id, firstId: number, length: number, kind: string): number {
  const index = Number(id) - firstId
  if (!Number.isInteger(index) || index < 0 || index >= length) throw new Error(`no ${kind} with id ${id}`)
  return index
}

function isWithin(number: number, most: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= most
}
