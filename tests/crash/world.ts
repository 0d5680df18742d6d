import { Random } from '../../simulator/random.ts'
import { startSimulator, type SimulatedAccount, type Simulator } from '../../simulator/main.ts'
import type { Crm } from './crm-gate.ts'
import { Register } from './quayside/register.ts'
import { Quayside } from './quayside/server.ts'

export const secretOfTheCrm = 'CANARY-TOKEN-7f3a'
const webKey = 'CT_crash'

/** The longest that Quayside hides a change, in milliseconds; a look-back of three seconds covers it. */
const latestMs = 1_400

/** Two CRMs that change all the time, each from a seed: ClientTether's whole lists and Quayside's changes. */
export class World {
  readonly quayside: Quayside
  readonly #simulator: Simulator
  readonly #random: Random
  #timer: NodeJS.Timeout | undefined
  #movedToMs = Date.now()

  private constructor(seed: number, simulator: Simulator) {
    this.#random = new Random(seed, 'crash world')
    this.#simulator = simulator
    const longAgo = Date.now() - 3_600_000
    const [deals, people] = [new Register(), new Register()]
    for (let i = 0; i < 90; i += 1) deals.add(longAgo + Math.floor(i / 12) * 1_000, this.#random.int(90_000))
    for (let i = 0; i < 110; i += 1) people.add(longAgo, this.#random.int(90_000))
    this.quayside = new Quayside(deals, people)
  }

  static async make(seed: number): Promise<World> {
    const simulator = await startSimulator({
      accounts: [
        {
          webKey,
          accessToken: secretOfTheCrm,
          seed,
          people: 60,
          notesPerPerson: 1,
          // The world's own changes, at most one a second; ours come on top.
          changesPerDay: 200_000,
          startAt: new Date(),
          order: seed % 2 === 0 ? 'oldestFirst' : 'newestFirst',
          franchiseFields: true,
        },
      ],
    })
    return new World(seed, simulator)
  }

  get webKey(): string {
    return webKey
  }

  get account(): SimulatedAccount {
    return this.#simulator.account(webKey)
  }

  /** The simulator's own wire, for the gate in front of it. */
  clientTether: Crm = async (path, headers) => {
    const response = await fetch(new URL(path, this.#simulator.url), {
      headers: {
        'x-web-key': String(headers['x-web-key']),
        'x-access-token': String(headers['x-access-token']),
      },
    })
    const type = response.headers.get('content-type') ?? ''
    return {
      status: response.status,
      headers: { 'content-type': type },
      body: Buffer.from(await response.arrayBuffer()),
    }
  }

  start(): void {
    this.#timer = setInterval(() => this.#happen(), 80)
  }

  /** From now on nothing happens, and what was hidden is soon to be seen. */
  stop(): void {
    clearInterval(this.#timer)
    this.quayside.endsEarly = false
  }

  /** Takes something away from every list. */
  removeSomething(): void {
    const person = this.#one(this.account.truth().people)
    if (person !== undefined) this.account.removePerson(person.id)
    this.quayside.people.remove(1 + this.#random.int(this.quayside.people.size), Date.now())
  }

  async close(): Promise<void> {
    this.stop()
    await this.#simulator.close()
  }

  #happen(): void {
    const random = this.#random
    // Its clock is ours, because the pipeline compares a note's date with its own passes.
    this.#simulator.advance(Math.max(0, Date.now() - this.#movedToMs))
    this.#movedToMs = Date.now()
    if (random.chance(0.7)) this.#changeClientTether()
    if (random.chance(0.7)) this.#changeDeals()
    if (random.chance(0.3)) this.#changePeople()
    if (random.chance(0.02)) this.quayside.endsEarly = true
  }

  #changeClientTether(): void {
    const random = this.#random
    const { account } = this
    const { people, deals, activities } = account.truth()
    const [person, other, deal, activity] = [
      this.#one(people),
      this.#one(people),
      this.#one(deals),
      this.#one(activities),
    ]
    if (person === undefined || other === undefined || deal === undefined || activity === undefined) return
    const kinds = [
      {
        weight: 30,
        happen: () => account.editPerson(person.id, { phone: `555-01${random.between(10, 99)}` }),
      },
      { weight: 20, happen: () => account.editDeal(deal.id, { amountMinor: random.int(9_000_000) }) },
      {
        weight: 20,
        happen: () => account.addNote(person.id, `Called ${person.firstName}, attempt ${random.int(900)}.`),
      },
      { weight: 8, happen: () => account.addActivity(person.id) },
      { weight: 6, happen: () => account.editActivity(activity.id, { status: 'completed' }) },
      { weight: 5, happen: () => account.addDeal(account.addPerson()) },
      { weight: 2, happen: () => account.removeDeal(deal.id) },
      { weight: 2, happen: () => account.removeActivity(activity.id) },
      { weight: 1.5, happen: () => account.removePerson(person.id) },
      { weight: 1.5, happen: () => person.id !== other.id && account.mergePeople(person.id, other.id) },
    ]
    random.weighted(kinds).happen()
  }

  /** Now and then many at once, so that one second holds more than a page. */
  #changeDeals(): void {
    const { deals } = this.quayside
    const random = this.#random
    const lateMs = random.chance(0.3) ? random.between(100, latestMs) : 0
    const count = random.chance(0.08) ? random.between(12, 30) : 1
    for (let i = 0; i < count; i += 1) {
      const id = 1 + random.int(deals.size)
      const amount = random.int(90_000)
      if (random.chance(0.04)) deals.remove(id, Date.now(), lateMs)
      else if (random.chance(0.06)) deals.add(Date.now(), amount, lateMs)
      else deals.edit(id, Date.now(), amount, lateMs)
    }
  }

  #changePeople(): void {
    const { people } = this.quayside
    const random = this.#random
    const id = 1 + random.int(people.size)
    if (random.chance(0.06)) people.remove(id, Date.now())
    else if (random.chance(0.12)) people.add(Date.now(), random.int(90_000))
    else people.edit(id, Date.now(), random.int(90_000))
  }

  #one<T>(rows: T[]): T | undefined {
    return rows[this.#random.int(rows.length)]
  }
}
