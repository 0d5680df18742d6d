import type { Dialect } from './door.ts'
import { rowAt } from './facts.ts'
import type { AccountOptions } from './options.ts'
import type { Reply } from './reply.ts'
import { BulkJobs } from './salesforce-bulk.ts'
import { replicated } from './salesforce-deleted.ts'
import { describe, describeAll } from './salesforce-describe.ts'
import { Allowance } from './salesforce-limits.ts'
import { organizationId } from './salesforce-lookups.ts'
import { Org } from './salesforce-org.ts'
import type { SalesforceOptions } from './salesforce-options.ts'
import { Queries } from './salesforce-query.ts'
import { jsonReply } from './reply.ts'
import { readBlob } from './salesforce-blob.ts'
import { invalidSession, notFound, ok, Refusal } from './salesforce-reply.ts'
import { Schema } from './salesforce-schema.ts'
import type { Reach } from './salesforce-shelf.ts'
import { salesforceWebhooks } from './salesforce-webhooks.ts'
import { readRecord, writeRecord } from './salesforce-writes.ts'
import { firstDealId } from './setting.ts'
import type { WebhookWire } from './webhook-wire.ts'
import type { ListName, World } from './world.ts'

/** One request to an org: its path behind `/services/data/vNN.0/`, in parts. */
export type SalesforceQuestion = {
  method: string
  parts: string[]
  query: URLSearchParams
  body: string
  /** Rows wanted in an answer, by the header `Sforce-Query-Options`. */
  batch: number
}

/**
 * Salesforce's data API over one world: query, queryAll, queryMore, describe, deleted and updated, limits, query jobs of Bulk
 * API 2.0. Sources beside the parts.
 */
export class Salesforce implements Dialect {
  readonly webhooks: WebhookWire
  readonly #world: World
  readonly #options: SalesforceOptions
  readonly #org: Org
  readonly #schema: Schema
  readonly #queries: Queries
  readonly #jobs: BulkJobs
  readonly #allowance: Allowance

  constructor(world: World, { salesforce = {} }: AccountOptions) {
    this.#world = world
    this.#options = salesforce
    this.#org = new Org(world, salesforce)
    this.#schema = new Schema(this.#org)
    this.#queries = new Queries(this.#schema)
    this.webhooks = salesforceWebhooks(this.#schema)
    this.#jobs = new BulkJobs(this.#schema)
    this.#allowance = new Allowance(salesforce)
  }

  touch(list: ListName, index: number): void {
    this.#org.note(list, index)
    this.#schema.touch(list)
  }

  warm(): void {
    for (const name of ['Contact', 'Opportunity']) void this.#schema.shelf(this.#schema.object(name)).all
  }

  /** Takes an object, or a field such as `Opportunity.Amount`, away from the user, or gives it back. */
  hide(name: string, isHidden = true): void {
    if (isHidden) this.#schema.hide(name)
    else this.#schema.show(name)
  }

  /** Deactivates a user of the company. */
  dismiss(ownerId: number): void {
    this.#org.dismiss(ownerId)
    this.#schema.touch('users')
  }

  /** A note of the new kind is written anew. */
  rewrite(noteId: number, text: string): void {
    this.#org.rewrite(noteId, text)
    this.#schema.touch('notes')
  }

  /** Formulas of a deal come to something else: its fields change, its stamp does not. */
  recalculate(dealId: number, fields: Record<string, unknown>): void {
    rowAt(this.#world.deals, dealId - firstDealId(this.#world.setting.seed)).wire = fields
    this.#schema.touch('deals')
  }

  /** Says how many requests other integrations have made in the last 24 hours. */
  setRequestsOfOthers(requests: number): void {
    this.#allowance.setOthers(requests)
  }

  /** Forgets where every answer is continued, as a busy org does. */
  forgetLocators(): void {
    this.#queries.forget()
  }

  /** Loses all query jobs, as after seven days. */
  forgetJobs(): void {
    this.#jobs.forget()
  }

  /** Whether a person is a contact, or was made one: a lead that was converted stays so, whatever becomes of the deal. */
  isContact(personId: number): boolean {
    return this.#org.isContact(this.#world.personIndexOf(personId))
  }

  /** Whether there is a lead of a person, converted or not: also of who is a customer by now. */
  hasLead(personId: number): boolean {
    return this.#org.hasLead(this.#world.personIndexOf(personId))
  }

  /** Whose org it is. */
  get organizationId(): string {
    return organizationId(this.#org)
  }

  /** The answer to a request that was let in. */
  answer(question: SalesforceQuestion): Reply {
    const { now } = this.#world
    let reply: Reply
    try {
      this.#allowance.take(now)
      reply = this.#read(question)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      reply = error.reply
    }
    return { ...reply, headers: { ...reply.headers, ...this.#allowance.header(now) } }
  }

  #read({ method, parts, query, body, batch }: SalesforceQuestion): Reply {
    const [resource = '', ...rest] = parts
    if (resource === 'jobs' && rest[0] === 'query')
      return this.#jobs.answer({ method, parts: rest.slice(1), query, body })
    if (resource === 'sobjects' && (method === 'POST' || method === 'PATCH'))
      return writeRecord(this.#world, this.#schema, { method, type: rest[0] ?? '', id: rest[1], body })
    if (method !== 'GET') throw new Refusal(405, 'METHOD_NOT_ALLOWED', `HTTP Method '${method}' not allowed.`)
    if (resource === 'query' || resource === 'queryAll') return this.#query(resource, rest[0], query, batch)
    if (resource === 'limits') return ok(this.#allowance.inFull(this.#world.now))
    if (resource === 'sobjects' && rest.length === 3 && /^\w{15,18}$/.test(rest[1] ?? ''))
      return readBlob(this.#schema, rest)
    if (resource === 'sobjects' && /^\w{15,18}$/.test(rest[1] ?? ''))
      return readRecord(this.#schema, rest[0] ?? '', rest[1] ?? '', query)
    if (resource === 'sobjects') return ok(this.#sobject(rest, query))
    throw notFound()
  }

  #query(reach: Reach, locator: string | undefined, query: URLSearchParams, batch: number): Reply {
    if (locator !== undefined) return jsonReply(this.#queries.next(locator))
    const most = Math.min(this.#options.rowsPerAnswer ?? 2_000, batch)
    return jsonReply(this.#queries.first(query.get('q') ?? '', reach, most))
  }

  #sobject([name, what]: string[], query: URLSearchParams): object {
    if (name === undefined) return describeAll(this.#schema)
    const type = this.#schema.objectAt(name)
    if (what === 'describe') return describe(this.#schema, type)
    if (what === 'deleted' || what === 'updated') return replicated(this.#schema, type, what, query)
    throw notFound()
  }
}

/** The answer to a request without a session. */
export const noSession = (): Reply => invalidSession().reply
