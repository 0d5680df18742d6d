import { emailMessage, event, task } from './salesforce-activities.ts'
import { opportunity, opportunityHistory, opportunityStage } from './salesforce-deals.ts'
import { currencyType, group, organization, user } from './salesforce-lookups.ts'
import {
  contentDocument,
  contentDocumentLink,
  contentNote,
  contentVersion,
  note,
} from './salesforce-notes.ts'
import type { Field, Kept, ObjectType } from './salesforce-objects.ts'
import type { Org } from './salesforce-org.ts'
import { account, contact, lead } from './salesforce-people.ts'
import { notFound, Refusal } from './salesforce-reply.ts'
import { Shelf } from './salesforce-shelf.ts'
import type { ListName } from './world.ts'

const objects: readonly ObjectType[] = [
  account,
  contact,
  lead,
  opportunity,
  opportunityHistory,
  opportunityStage,
  task,
  event,
  emailMessage,
  note,
  contentDocument,
  contentDocumentLink,
  contentNote,
  contentVersion,
  user,
  group,
  organization,
  currencyType,
]

/** What the user of one org may see, and where it is kept. Names are taken in any case, as SOQL has it. */
export class Schema {
  readonly org: Org
  readonly #shelves: ReadonlyMap<string, Shelf>
  /** Objects, and fields as `Opportunity.Amount`, in lower case. */
  readonly #hidden = new Set<string>()

  constructor(org: Org) {
    this.org = org
    const there = objects.filter((type) => type !== currencyType || org.options.currencies !== undefined)
    this.#shelves = new Map(there.map((type) => [type.name.toLowerCase(), new Shelf(type, org)]))
  }

  touch(list: ListName | 'users'): void {
    for (const shelf of this.#shelves.values()) if (shelf.type.follows.includes(list)) shelf.touch()
  }

  /** Takes an object, or a field such as `Opportunity.Amount`, away from the user. */
  hide(name: string): void {
    this.#hidden.add(name.toLowerCase())
  }

  /** Gives back what was hidden. */
  show(name: string): void {
    this.#hidden.delete(name.toLowerCase())
  }

  get names(): string[] {
    return [...this.#shelves.values()].map(({ type }) => type.name).filter((name) => !this.#isHidden(name))
  }

  /** Throws `Refusal` (`INVALID_TYPE`), as a query does. */
  object(name: string): ObjectType {
    const found = this.#shelves.get(name.toLowerCase())
    if (found === undefined || this.#isHidden(name))
      throw new Refusal(400, 'INVALID_TYPE', `sObject type '${name}' is not supported.`)
    return found.type
  }

  /** Throws `Refusal` (`NOT_FOUND`), as a path does. */
  objectAt(name: string): ObjectType {
    if (this.#shelves.get(name.toLowerCase()) === undefined || this.#isHidden(name)) throw notFound()
    return this.object(name)
  }

  /** The fields that the user may see. */
  fields(type: ObjectType): Field[] {
    return type.fields.filter(
      ({ name, isThere }) => !this.#isHidden(`${type.name}.${name}`) && isThere?.(this.org) !== false,
    )
  }

  field(type: ObjectType, name: string): Field {
    const found = this.fields(type).find((field) => field.name.toLowerCase() === name.toLowerCase())
    if (found === undefined) throw noSuchColumn(type, name)
    return found
  }

  relationship(type: ObjectType, name: string): Field {
    const isMeant = ({ relationshipName }: Field) => relationshipName?.toLowerCase() === name.toLowerCase()
    const found = this.fields(type).find(isMeant)
    if (found === undefined) throw noSuchColumn(type, name)
    return found
  }

  shelf(type: ObjectType): Shelf {
    const found = this.#shelves.get(type.name.toLowerCase())
    if (found === undefined) throw notFound()
    return found
  }

  find(type: ObjectType, id: string): Kept | undefined {
    return this.shelf(type).find(id)
  }

  #isHidden(name: string): boolean {
    return this.#hidden.has(name.toLowerCase())
  }
}

const noSuchColumn = (type: ObjectType, name: string): Refusal =>
  new Refusal(400, 'INVALID_FIELD', `No such column '${name}' on entity '${type.name}'.`)
