import type { Note, Person } from './facts.ts'
import type { Setting } from './population.ts'
import { Random } from './random.ts'
import { noteText } from './sentences.ts'

const NOTES_PER_PERSON_LIMIT = 16
const ADDED_IDS = 100_000_000

/**
 * The notes of every person. Those written before the start are made when somebody asks, always the same, so that a
 * million people cost nothing until their notes are read.
 */
export class Notebook {
  readonly #setting: Setting
  readonly #average: number
  readonly #people: Person[]
  readonly #firstId: number
  readonly #added = new Map<number, Note[]>()
  readonly #removed = new Set<number>()
  readonly #absorbed = new Map<number, number[]>()
  #addedCount = 0

  constructor(setting: Setting, people: Person[], average: number) {
    this.#setting = setting
    this.#people = people
    this.#average = Math.min(average, NOTES_PER_PERSON_LIMIT / 2)
    this.#firstId = 3_000_000_000 + (setting.seed % 97) * 200_000_000
  }

  /** Notes of the person at `index` that are not removed, oldest first, with those of people merged into them. */
  of(index: number): Note[] {
    const merged = this.#absorbed.get(index) ?? []
    return [...this.#own(index), ...merged.flatMap((loser) => this.of(loser))].sort(
      (a, b) => a.createdAt - b.createdAt || a.id - b.id,
    )
  }

  add(index: number, author: string, text: string, createdAt: number): Note {
    const note = { id: this.#firstId + ADDED_IDS + this.#addedCount++, author, text, createdAt }
    this.#added.set(index, [...(this.#added.get(index) ?? []), note])
    return note
  }

  remove(noteId: number): void {
    this.#removed.add(noteId)
  }

  /** From now on the loser's notes are the winner's. */
  merge(winner: number, loser: number): void {
    this.#absorbed.set(winner, [...(this.#absorbed.get(winner) ?? []), loser])
  }

  #own(index: number): Note[] {
    const all = [...this.#earlier(index), ...(this.#added.get(index) ?? [])]
    return all.filter((note) => !this.#removed.has(note.id))
  }

  #earlier(index: number): Note[] {
    const person = this.#people[index]
    const { seed, initialPeople, startAt, owners, business } = this.#setting
    if (!person || index >= initialPeople) return []
    const random = new Random(seed, 'notes', index)
    const count = Math.min(NOTES_PER_PERSON_LIMIT, Math.round(random.next() * 2 * this.#average))
    return Array.from({ length: count }, (_, i) => {
      const owner = random.pick(owners)
      const createdAt =
        person.createdAt + Math.floor(((i + random.next()) / count) * (startAt - person.createdAt))
      const mention = {
        firstName: person.firstName,
        city: person.city,
        owner: owner.firstName,
        amount: `$${random.pick(business.fees).toLocaleString('en-US')}`,
      }
      const id = this.#firstId + index * NOTES_PER_PERSON_LIMIT + i
      return {
        id,
        author: `${owner.firstName} ${owner.lastName}`,
        text: noteText(random, business, mention),
        createdAt,
      }
    })
  }
}
