import { currencyDigits } from './currency-digits.ts'
import { fullName, rowAt, type Deal, type Note, type Person } from './facts.ts'
import { Journeys, type DealStep } from './deal-journeys.ts'
import type { SalesforceOptions } from './salesforce-options.ts'
import { WON_POSITION } from './stages.ts'
import type { ListName, World } from './world.ts'

/**
 * How the sales world is kept in Salesforce: a prospect is a lead until there is a deal, then a contact of an account; who was never a
 * prospect is a contact from the first. Remembers what the world does not: when a lead was converted, and when something was given
 * to another person or came back.
 */
export class Org {
  readonly world: World
  readonly options: SalesforceOptions
  /** Who ever was a prospect: a lead that was converted stays one, also when its person becomes a customer. */
  readonly #leads = new Set<number>()
  /** When each person with deals became a contact, in seconds. */
  readonly #convertedAt = new Map<number, number>()
  readonly #movedAt = new Map<string, number>()
  readonly #removed = new Set<string>()
  readonly #journeys: Journeys
  /** What notes say since they were written anew, and how often they were. */
  readonly #texts = new Map<number, { text: string; times: number }>()
  #holders: number[]

  constructor(world: World, options: SalesforceOptions) {
    this.world = world
    this.options = options
    this.#journeys = new Journeys(world)
    for (const index of world.people.keys()) this.#notePerson(index)
    for (const deal of world.deals) this.#convert(deal.personIndex, deal.createdAt)
    this.#holders = world.calendar.activities.map(({ personIndex }) => personIndex)
  }

  /** To be told of every change of the world. */
  note(list: ListName, index: number): void {
    if (list === 'deals') this.#noteDeal(index)
    if (list === 'activities') this.#noteActivity(index)
    if (list === 'people') {
      this.#notePerson(index)
      this.#noteMerge(index)
    }
  }

  /** Whether the org has a lead of this person, converted or not. */
  hasLead(personIndex: number): boolean {
    return this.#leads.has(personIndex)
  }

  isContact(personIndex: number): boolean {
    return rowAt(this.world.people, personIndex).kind !== 'prospect' || this.#convertedAt.has(personIndex)
  }

  /** When the person became a contact; 0 for who is none, or was never anything else. */
  convertedAt(personIndex: number): number {
    return this.#convertedAt.get(personIndex) ?? 0
  }

  /** When a row was given to another person, came back from the bin, or left the company; 0 for never. */
  movedAt(list: ListName | 'users', index: number): number {
    return this.#movedAt.get(`${list} ${index}`) ?? 0
  }

  /** Where a deal stands; without a stage it is in the first. */
  stageOf(stageId: number | null): { name: string; likelihood: number; isClosed: boolean; isWon: boolean } {
    const { stages } = this.world.setting
    const position = Math.max(
      0,
      stages.findIndex(({ id }) => id === stageId),
    )
    const { name, likelihood, isActive } = rowAt(stages, position)
    const isWon = position === WON_POSITION
    return { name, likelihood: likelihood ?? 0, isClosed: isWon || !isActive, isWon }
  }

  sourceOf(leadSourceId: number): string | null {
    return this.world.setting.leadSources.find(({ id }) => id === leadSourceId)?.name ?? null
  }

  /** The currency of a record of a multi-currency org. */
  currencyOf(id: number): string | null {
    const { currencies } = this.options
    return currencies?.[id % currencies.length] ?? null
  }

  /** An amount as the wire has it; the world's minor units are taken for those of the record's currency. */
  amountOf({ id, amountMinor }: Pick<Deal | Person, 'id' | 'amountMinor'>): number | null {
    return amountMinor === null ? null : amountMinor / 10 ** currencyDigits(this.currencyOf(id) ?? 'USD')
  }

  ownerNamed(name: string): number {
    const { owners } = this.world.setting
    return (owners.find((owner) => fullName(owner) === name) ?? rowAt(owners, 0)).id
  }

  /** How a deal came to stand where it stands, oldest first. */
  journeyOf(index: number): readonly DealStep[] {
    return this.#journeys.of(index)
  }

  /** What a note says, and how often it was written anew. */
  textOf({ id, text }: Pick<Note, 'id' | 'text'>): { text: string; times: number } {
    return this.#texts.get(id) ?? { text, times: 0 }
  }

  /** Writes a note anew: another version of its document. */
  rewrite(noteId: number, text: string): void {
    this.#texts.set(noteId, { text, times: (this.#texts.get(noteId)?.times ?? 0) + 1 })
    this.#movedAt.set(`notes ${noteId}`, this.world.now)
  }

  /** Deactivates a user: no user is ever deleted. */
  dismiss(ownerId: number): void {
    this.#movedAt.set(`users ${ownerId}`, this.world.now)
  }

  isFormer(ownerId: number): boolean {
    return this.#movedAt.has(`users ${ownerId}`)
  }

  #convert(personIndex: number, at: number): void {
    if (!this.#convertedAt.has(personIndex)) this.#convertedAt.set(personIndex, at)
  }

  #notePerson(index: number): void {
    if (rowAt(this.world.people, index).kind === 'prospect') this.#leads.add(index)
  }

  #noteDeal(index: number): void {
    const deal = rowAt(this.world.deals, index)
    this.#journeys.note(index)
    this.#convert(deal.personIndex, Math.max(deal.createdAt, this.world.now))
    const key = `deals ${index}`
    if (deal.removedAt > 0) this.#removed.add(key)
    else if (this.#removed.delete(key)) this.#movedAt.set(key, this.world.now)
  }

  #noteActivity(index: number): void {
    const { personIndex } = rowAt(this.world.calendar.activities, index)
    const holder = this.#holders[index]
    this.#holders[index] = personIndex
    if (holder !== undefined && holder !== personIndex)
      this.#movedAt.set(`activities ${index}`, this.world.now)
  }

  /** The winner's from now on: the world says so of the loser alone. */
  #noteMerge(index: number): void {
    if (rowAt(this.world.people, index).mergedInto === 0 || this.#removed.has(`people ${index}`)) return
    this.#removed.add(`people ${index}`)
    for (const { note } of this.world.notebook.everOf(index))
      this.#movedAt.set(`notes ${note.id}`, this.world.now)
  }
}
