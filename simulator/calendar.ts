import { rowAt, type Activity, type ActivityKind, type ActivityStatus, type Person } from './facts.ts'
import { onWorkday } from './office-hours.ts'
import { initialPerson, stepsOf } from './population.ts'
import { firstActivityId, type Setting } from './setting.ts'
import { Random } from './random.ts'
import { activityTitles } from './sentences.ts'
import { phaseAt, WON_POSITION, type Phase } from './stages.ts'

const DAY = 86_400

/** Appointments, calls and tasks. Those known at the start are made on first use; about one for every two people. */
export class Calendar {
  readonly #setting: Setting
  #activities: Activity[] | undefined
  #indexesByPerson: Map<number, number[]> | undefined

  constructor(setting: Setting) {
    this.#setting = setting
  }

  /** Every activity ever, removed ones included, by ascending id. */
  get activities(): Activity[] {
    return (this.#activities ??= Array.from(
      { length: Math.ceil(this.#setting.initialPeople * 0.5) },
      (_, index) => this.#earlier(index),
    ))
  }

  /** Appends what `make` made; answers its index. */
  add(activity: Activity): number {
    const index = this.activities.push(activity) - 1
    if (this.#indexesByPerson) this.#indexesOf(activity.personIndex).push(index)
    return index
  }

  /** Gives all of one person's activities to another; answers their indexes. */
  give(fromPerson: number, toPerson: number): number[] {
    const given = this.#indexesOf(fromPerson).splice(0)
    for (const index of given) rowAt(this.activities, index).personIndex = toPerson
    this.#indexesOf(toPerson).push(...given)
    return given
  }

  /** A new activity about the person, to start within three weeks of its creation, sooner rather than later. */
  make(index: number, { personIndex, person, phase }: About, createdAt: number): Activity {
    const random = new Random(this.#setting.seed, 'activity', index)
    const kind = random.weighted(kinds).kind
    const startAt = quarterHour(createdAt + 3600 + Math.floor(random.next() ** 1.6 * 21 * DAY))
    return {
      id: firstActivityId(this.#setting.seed) + index,
      personIndex,
      title: random.pick(activityTitles[kind][phase]),
      description: random.chance(0.3) ? `Topic: ${random.pick(this.#setting.business.asks)}` : '',
      kind,
      status: 'scheduled',
      ownerId: person.ownerId,
      startAt,
      endAt: startAt + random.pick([1800, 2700, 3600]),
      createdAt,
      modifiedAt: createdAt,
      visibleAt: createdAt,
      removedAt: 0,
      wire: null,
    }
  }

  /** Made on the first merge, and kept from then on. */
  #indexesOf(personIndex: number): number[] {
    this.#indexesByPerson ??= Map.groupBy(
      this.activities.keys(),
      (index) => rowAt(this.activities, index).personIndex,
    )
    const known = this.#indexesByPerson.get(personIndex) ?? []
    this.#indexesByPerson.set(personIndex, known)
    return known
  }

  /** Of people as they were at the start, since this may be asked at any time. */
  #earlier(index: number): Activity {
    const { seed, startAt, historySeconds, initialPeople } = this.#setting
    const random = new Random(seed, 'appointment', index)
    const personIndex = random.int(initialPeople)
    const person = initialPerson(this.#setting, personIndex)
    const steps = stepsOf(this.#setting, personIndex, person)
    const last = steps.at(-1)
    const isOver = last !== undefined && last.position >= WON_POSITION
    // What is over has nothing ahead: all of it was known three weeks before.
    const end = isOver ? last.at - 21 * DAY : startAt
    const ago = Math.floor(random.next() ** 4 * historySeconds * 0.8) + 1
    const created = Math.max(person.createdAt, end - ago)
    const phase = phaseAt(steps.findLast(({ at }) => at <= created)?.position ?? -1)
    const activity = this.make(index, { personIndex, person, phase }, created)
    const isAhead = activity.endAt >= startAt
    if (isAhead && !isOver) return activity
    const isForgettable = !isOver && activity.endAt >= startAt - FORGOTTEN_DAYS * DAY
    activity.status = isAhead ? 'cancelled' : random.weighted(isForgettable ? recent : outcomes).status
    activity.modifiedAt = activity.status === 'scheduled' || isAhead ? created : activity.endAt
    return activity
  }
}

/** Whom an activity is about, and where the sale to them stands. */
type About = { personIndex: number; person: Person; phase: Phase }

const kinds: { kind: Exclude<ActivityKind, 'email'>; weight: number }[] = [
  { kind: 'appointment', weight: 7 },
  { kind: 'call', weight: 3 },
  { kind: 'task', weight: 2 },
]

/** For so many days a rep may not have ticked off what is past. */
const FORGOTTEN_DAYS = 14

const outcomes: { status: ActivityStatus; weight: number }[] = [
  { status: 'completed', weight: 99 },
  { status: 'cancelled', weight: 1 },
]

/** Some stay open: the rep forgot, and the product must show them as overdue. */
const recent: { status: ActivityStatus; weight: number }[] = [
  { status: 'completed', weight: 49 },
  { status: 'cancelled', weight: 1 },
  { status: 'scheduled', weight: 50 },
]

/** The nearest earlier quarter of an hour of a workday, moved into 15:00 to 22:00 UTC (office hours in the United States). */
function quarterHour(instant: number): number {
  const workday = onWorkday(instant)
  const day = Math.floor(workday / DAY) * DAY
  const within = 15 * 3600 + ((workday - day) * 7) / 24
  return day + Math.floor(within / 900) * 900
}
