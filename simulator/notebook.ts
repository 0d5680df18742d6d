import { fullName, type Note } from './facts.ts'
import { inOfficeHours } from './office-hours.ts'
import { initialPerson, stepsOf } from './population.ts'
import { firstNoteId, type Setting } from './setting.ts'
import { Random } from './random.ts'
import { noteText } from './sentences.ts'
import { phaseAt, WON_POSITION } from './stages.ts'

const NOTES_PER_PERSON_LIMIT = 16
const ADDED_IDS = 100_000_000

/**
 * The notes of every person. Those written before the start are made when somebody asks, always the same, so that a
 * million people cost nothing until their notes are read.
 */
export class Notebook {
  readonly #setting: Setting
  readonly #average: number
  readonly #firstId: number
  readonly #added = new Map<number, Note[]>()
  /** When each note that is gone went, in seconds. */
  readonly #removed = new Map<number, number>()
  readonly #absorbed = new Map<number, number[]>()
  #addedCount = 0
  /** Rises with everything that is written, removed or given to another person. */
  changes = 0

  constructor(setting: Setting, average: number) {
    this.#setting = setting
    this.#average = Math.min(average, NOTES_PER_PERSON_LIMIT / 2)
    this.#firstId = firstNoteId(setting.seed)
  }

  /** Notes of the person at `index` that are not removed, oldest first, with those of people merged into them. */
  of(index: number): Note[] {
    const merged = this.#absorbed.get(index) ?? []
    return [...this.#own(index), ...merged.flatMap((loser) => this.of(loser))].sort(
      (a, b) => a.createdAt - b.createdAt || a.id - b.id,
    )
  }

  /** As `of`, with the notes that are gone; 0 for those that are not. */
  everOf(index: number): { note: Note; removedAt: number }[] {
    const merged = this.#absorbed.get(index) ?? []
    const own = this.#ever(index).map((note) => ({ note, removedAt: this.#removed.get(note.id) ?? 0 }))
    return [...own, ...merged.flatMap((loser) => this.everOf(loser))]
  }

  add(index: number, author: string, text: string, createdAt: number): Note {
    this.changes += 1
    const note = { id: this.#firstId + ADDED_IDS + this.#addedCount++, author, text, createdAt }
    this.#added.set(index, [...(this.#added.get(index) ?? []), note])
    return note
  }

  remove(noteId: number, at: number): void {
    this.changes += 1
    this.#removed.set(noteId, at)
  }

  /** From now on the loser's notes are the winner's. */
  merge(winner: number, loser: number): void {
    this.changes += 1
    this.#absorbed.set(winner, [...(this.#absorbed.get(winner) ?? []), loser])
  }

  #own(index: number): Note[] {
    return this.#ever(index).filter((note) => !this.#removed.has(note.id))
  }

  #ever(index: number): Note[] {
    return [...this.#earlier(index), ...(this.#added.get(index) ?? [])]
  }

  /** Written while the sale went on, about where it stood then: what happens later rewrites no old note. */
  #earlier(index: number): Note[] {
    const { seed, initialPeople, startAt, owners, business } = this.#setting
    if (index >= initialPeople) return []
    const person = initialPerson(this.#setting, index)
    const steps = stepsOf(this.#setting, index, person)
    const last = steps.at(-1)
    const isOver = last !== undefined && last.position >= WON_POSITION
    const random = new Random(seed, 'notes', index)
    const count = Math.min(NOTES_PER_PERSON_LIMIT, Math.round(random.next() * 2 * this.#average))
    const span = (isOver ? last.at : startAt - 1) - person.createdAt
    return Array.from({ length: count }, (_, i) => {
      const isEpilogue = isOver && i === count - 1
      const elapsed = isEpilogue ? span + 600 : ((i + 1 - random.next()) / count) * span
      const written = Math.max(person.createdAt, inOfficeHours(person.createdAt + elapsed, startAt))
      const createdAt = Math.min(startAt - 1, written)
      const stage = isEpilogue ? last : steps.findLast(({ at }) => at <= createdAt)
      const own = owners.find(({ id }) => id === person.ownerId)
      const author = own !== undefined && random.chance(0.8) ? own : random.pick(owners)
      const text = noteText(random, business, {
        person,
        owner: author,
        phase: phaseAt(stage?.position ?? -1),
      })
      return {
        id: this.#firstId + index * NOTES_PER_PERSON_LIMIT + i,
        author: fullName(author),
        text,
        createdAt,
      }
    })
  }
}
