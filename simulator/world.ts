import { businesses, type BusinessName } from './businesses.ts'
import { Calendar } from './calendar.ts'
import {
  rowAt,
  type ActivityEdit,
  type Deal,
  type DealEdit,
  type Note,
  type Person,
  type PersonEdit,
  type Row,
} from './facts.ts'
import { Notebook } from './notebook.ts'
import { makeLeadSources, makeOwners } from './company.ts'
import { makeStages, phaseOf } from './stages.ts'
import { initialDeals, makeDeal } from './deals.ts'
import { makePerson } from './person.ts'
import { initialPeople } from './population.ts'
import { arrivalsByDay } from './season.ts'
import { firstMergedId, firstPersonId, type Setting } from './setting.ts'

/** How to make a world. `startAt` in seconds since 1970; people and deals are how many exist at that instant. */
export type WorldOptions = {
  seed: number
  business: BusinessName
  people: number
  deals: number
  startAt: number
  historyDays: number
  notesPerPerson: number
  notesTouchPeople: boolean
  /** Whether a merge of two people makes a third id that stands for both, as in HubSpot. */
  mergesToThird: boolean
}

/** The lists a reader may keep serialised; of notes, the index is that of their person. */
export type ListName = 'people' | 'deals' | 'activities' | 'notes'

/**
 * One company's sales, in no CRM's words: state, clock and every way it changes. Same options, same calls at the same
 * instants: same state, whatever the steps in which time is played. Rows are never dropped from the arrays: a removed
 * one keeps its index and has `removedAt`.
 */
export class World {
  readonly setting: Setting
  readonly people: Person[]
  readonly deals: Deal[]
  readonly notebook: Notebook
  readonly calendar: Calendar
  /** Called with the index of a row whose listing may have changed. */
  onTouch: (list: ListName, index: number) => void = () => {}
  now: number
  readonly #notesTouchPeople: boolean
  readonly #mergesToThird: boolean
  /** Indexes of people by the ids that merges gave them, and the ids that each of those stands for. */
  readonly #thirdIds = new Map<number, { index: number; stoodFor: number[] }>()
  readonly #purged = new Set<Row>()
  #hidden: { list: ListName; index: number; visibleAt: number }[] = []

  constructor(options: WorldOptions) {
    const { seed, startAt } = options
    this.setting = {
      seed,
      business: businesses[options.business],
      stages: makeStages(seed),
      owners: makeOwners(seed),
      leadSources: makeLeadSources(seed),
      startAt,
      historySeconds: options.historyDays * 86_400,
      initialPeople: options.people,
      initialDeals: options.deals,
      arrivals: arrivalsByDay({ seed, startAt, historySeconds: options.historyDays * 86_400 }),
    }
    this.#notesTouchPeople = options.notesTouchPeople
    this.#mergesToThird = options.mergesToThird
    this.people = initialPeople(this.setting)
    this.deals = initialDeals(this.setting, this.people)
    this.notebook = new Notebook(this.setting, options.notesPerPerson)
    this.calendar = new Calendar(this.setting)
    this.now = startAt
  }

  /** Moves the clock (seconds) and shows the rows whose time to become visible has come. Going back does nothing. */
  moveTo(instant: number): void {
    this.now = Math.max(this.now, instant)
    const due = this.#hidden.filter((row) => row.visibleAt <= this.now)
    if (due.length === 0) return
    this.#hidden = this.#hidden.filter((row) => row.visibleAt > this.now)
    for (const row of due) this.onTouch(row.list, row.index)
  }

  /** Whether the CRM lists the row at this instant. */
  isListed(row: Row): boolean {
    return row.removedAt === 0 && row.visibleAt <= this.now
  }

  addPerson(facts: PersonEdit = {}): number {
    const index = this.people.length
    const made = makePerson(this.setting, index, this.now)
    this.people.push(Object.assign(made, facts, { modifiedAt: facts.createdAt ?? this.now }))
    this.#appeared('people', index, made.visibleAt)
    return index
  }

  editPerson(index: number, facts: PersonEdit): void {
    Object.assign(rowAt(this.people, index), facts, { modifiedAt: this.now })
    this.touchPerson(index)
  }

  /** Takes the person away, and with them their deals. */
  removePerson(index: number): void {
    rowAt(this.people, index).removedAt = this.now
    for (const deal of this.dealsOf(index)) this.removeDeal(deal)
    this.touchPerson(index)
  }

  /** The loser goes; deals, notes and activities of the loser are the winner's from now on. */
  mergePeople(winnerIndex: number, loserIndex: number): void {
    if (winnerIndex === loserIndex) throw new Error('a person cannot be merged with themselves')
    const winner = rowAt(this.people, winnerIndex)
    const loser = rowAt(this.people, loserIndex)
    for (const dealIndex of this.dealsOf(loserIndex)) this.#giveDeal(dealIndex, winnerIndex)
    loser.firstDeal = -1
    for (const index of this.calendar.give(loserIndex, winnerIndex)) this.onTouch('activities', index)
    this.notebook.merge(winnerIndex, loserIndex)
    if (this.#mergesToThird) this.#nameAnew(winner, winnerIndex, loser.id)
    Object.assign(loser, { removedAt: this.now, mergedInto: winner.id })
    winner.modifiedAt = this.now
    this.onTouch('people', loserIndex)
    this.touchPerson(winnerIndex)
  }

  /** Undoes a removal. Nothing says so in the row. */
  restore(list: 'people' | 'deals' | 'activities', index: number): void {
    this.#rowOf(list, index).removedAt = 0
    this.onTouch(list, index)
  }

  /** Removes a row so that nothing remembers it, as a request to be forgotten does. */
  purge(list: 'people' | 'deals' | 'activities', index: number): void {
    const row = this.#rowOf(list, index)
    row.removedAt ||= this.now
    this.#purged.add(row)
    this.onTouch(list, index)
  }

  isPurged(row: Row): boolean {
    return this.#purged.has(row)
  }

  /** The ids that a merge replaced by this person's; not those that earlier merges had replaced before. */
  mergedIds({ id }: Person): number[] {
    return this.#thirdIds.get(id)?.stoodFor ?? []
  }

  /** The id that the person had before any merge. */
  firstIdOf(personIndex: number): number {
    return firstPersonId(this.setting.seed) + personIndex
  }

  /** Index of the person with this id, also one that a merge gave; NaN where there is none. */
  personIndexOf(id: number): number {
    const index = this.#thirdIds.get(id)?.index ?? id - firstPersonId(this.setting.seed)
    return this.people[index] === undefined ? Number.NaN : index
  }

  addDeal(personIndex: number, facts: DealEdit = {}): number {
    const index = this.deals.length
    const person = rowAt(this.people, personIndex)
    const made = makeDeal(this.setting, index, person, personIndex)
    const createdAt = facts.createdAt ?? this.now
    Object.assign(made, { createdAt, visibleAt: Math.max(createdAt, person.visibleAt) }, facts, {
      modifiedAt: createdAt,
    })
    made.nextDeal = person.firstDeal
    person.firstDeal = index
    this.deals.push(made)
    this.#appeared('deals', index, made.visibleAt)
    return index
  }

  /** A stage or an amount is also the person's, as CRMs that show leads and pipeline in one list do it. */
  editDeal(index: number, facts: DealEdit): void {
    const deal = Object.assign(rowAt(this.deals, index), facts, { modifiedAt: this.now })
    const { stageId, amountMinor } = facts
    if (stageId !== undefined) this.editPerson(deal.personIndex, { stageId })
    if (amountMinor !== undefined) this.editPerson(deal.personIndex, { amountMinor })
    this.onTouch('deals', index)
  }

  removeDeal(index: number): void {
    rowAt(this.deals, index).removedAt = this.now
    this.onTouch('deals', index)
  }

  addNote(personIndex: number, author: string, text: string): Note {
    if (this.#notesTouchPeople) this.editPerson(personIndex, {})
    this.onTouch('notes', personIndex)
    return this.notebook.add(personIndex, author, text, this.now)
  }

  removeNote(noteId: number): void {
    this.notebook.remove(noteId, this.now)
    this.onTouch('notes', 0)
  }

  addActivity(personIndex: number, facts: ActivityEdit = {}): number {
    const person = rowAt(this.people, personIndex)
    const phase = phaseOf(this.setting.stages, person.stageId)
    const about = { personIndex, person, phase }
    const made = this.calendar.make(this.calendar.activities.length, about, this.now)
    const index = this.calendar.add(Object.assign(made, facts))
    this.#appeared('activities', index, made.visibleAt)
    return index
  }

  editActivity(index: number, facts: ActivityEdit): void {
    Object.assign(rowAt(this.calendar.activities, index), facts, { modifiedAt: this.now })
    this.onTouch('activities', index)
  }

  removeActivity(index: number): void {
    rowAt(this.calendar.activities, index).removedAt = this.now
    this.onTouch('activities', index)
  }

  /** Indexes of the person's deals, removed ones included. */
  dealsOf(personIndex: number): number[] {
    const found: number[] = []
    for (let i = rowAt(this.people, personIndex).firstDeal; i !== -1; i = rowAt(this.deals, i).nextDeal)
      found.push(i)
    return found
  }

  /** Says that the person's row changed, and with it their deals' rows, which repeat the name. */
  touchPerson(index: number): void {
    this.onTouch('people', index)
    for (const deal of this.dealsOf(index)) this.onTouch('deals', deal)
  }

  #rowOf(list: 'people' | 'deals' | 'activities', index: number): Row {
    if (list === 'people') return rowAt(this.people, index)
    return list === 'deals' ? rowAt(this.deals, index) : rowAt(this.calendar.activities, index)
  }

  #nameAnew(winner: Person, index: number, loserId: number): void {
    const stoodFor = [winner.id, loserId]
    winner.id = firstMergedId(this.setting.seed) + this.#thirdIds.size
    this.#thirdIds.set(winner.id, { index, stoodFor })
  }

  #giveDeal(dealIndex: number, personIndex: number): void {
    const deal = rowAt(this.deals, dealIndex)
    const person = rowAt(this.people, personIndex)
    const modifiedAt = this.#mergesToThird ? deal.modifiedAt : this.now
    Object.assign(deal, { personIndex, nextDeal: person.firstDeal, modifiedAt })
    person.firstDeal = dealIndex
  }

  #appeared(list: ListName, index: number, visibleAt: number): void {
    if (visibleAt > this.now) this.#hidden.push({ list, index, visibleAt })
    this.onTouch(list, index)
  }
}
