import { fullName, rowAt, type PersonEdit } from './facts.ts'
import { metros } from './places.ts'
import { amountOf } from './fees.ts'
import { nextPosition } from './journey.ts'
import { phoneIn } from './person.ts'
import { phaseOf, WON_POSITION } from './stages.ts'
import { Random } from './random.ts'
import { noteText } from './sentences.ts'
import type { World } from './world.ts'

/** Lets the n-th change happen at `world.now`. Which kind, to whom and with what values depends on seed and n alone. */
export function makeChange(world: World, n: number): void {
  const random = new Random(world.setting.seed, 'change', n)
  random.weighted(kinds).happen(world, random)
}

const kinds: { weight: number; happen: (world: World, random: Random) => void }[] = [
  { weight: 3, happen: newLead },
  { weight: 14, happen: moveStage },
  { weight: 32, happen: writeNote },
  { weight: 20, happen: correctPerson },
  { weight: 5, happen: changeAmount },
  { weight: 12, happen: bookActivity },
  { weight: 12, happen: closeActivity },
  { weight: 0.9, happen: removeSomebody },
  { weight: 0.6, happen: mergeTwo },
  { weight: 0.5, happen: handOverMany },
]

/** One in six becomes visible only up to five minutes after it was created. */
function newLead(world: World, random: Random): void {
  const visibleAt = world.now + (random.chance(1 / 6) ? random.between(20, 300) : 0)
  const person = world.addPerson({ visibleAt })
  if (rowAt(world.people, person).kind === 'prospect') world.addDeal(person)
}

function moveStage(world: World, random: Random): void {
  const { stages, business } = world.setting
  const found = openDeal(world, random)
  if (found === undefined) return
  const { index, position } = found
  const deal = rowAt(world.deals, index)
  const next = nextPosition(random, position, 0.12)
  const amountMinor =
    deal.amountMinor ?? amountOf(random, business, deal.units, next < WON_POSITION && next > 2 ? 0.7 : 0)
  world.editDeal(index, { stageId: rowAt(stages, next).id, amountMinor })
  if (next === WON_POSITION) world.editPerson(deal.personIndex, { kind: 'customer' })
}

/** Somebody's deal that is neither won nor lost, with the position of its stage; undefined when a few draws met none. */
function openDeal(world: World, random: Random): { index: number; position: number } | undefined {
  for (let draw = 0; draw < 6; draw++) {
    const index = someDeal(world, random)
    if (index === undefined) return undefined
    const { stageId } = rowAt(world.deals, index)
    const position = Math.max(
      0,
      world.setting.stages.findIndex(({ id }) => id === stageId),
    )
    if (position < WON_POSITION) return { index, position }
  }
  return undefined
}

function writeNote(world: World, random: Random): void {
  const person = somebody(world, random)
  if (person === undefined) return
  const { owners } = world.setting
  const own = owners.find(({ id }) => id === rowAt(world.people, person).ownerId)
  const owner = own !== undefined && random.chance(0.8) ? own : random.pick(owners)
  const phase = phaseOf(world.setting.stages, rowAt(world.people, person).stageId)
  const mention = { person: rowAt(world.people, person), owner, phase }
  world.addNote(person, fullName(owner), noteText(random, world.setting.business, mention))
}

function correctPerson(world: World, random: Random): void {
  const person = somebody(world, random)
  if (person === undefined) return
  const metro = random.pick(metros)
  const edits: PersonEdit[] = [
    { phone: phoneIn(metro.area, random.int(100)) },
    { city: metro.city, state: metro.state },
    { email: `contact${random.int(100_000)}@example.com` },
    { ownerId: random.pick(world.setting.owners).id },
    { leadSourceId: random.pick(world.setting.leadSources).id },
    { company: `${random.pick(['Blue Heron', 'Stonebridge', 'Juniper', 'Lakeside'])} Ventures` },
  ]
  world.editPerson(person, random.pick(edits))
}

function changeAmount(world: World, random: Random): void {
  const found = openDeal(world, random)
  if (found === undefined) return
  const { units } = rowAt(world.deals, found.index)
  world.editDeal(found.index, { amountMinor: amountOf(random, world.setting.business, units, 0.95) })
}

function bookActivity(world: World, random: Random): void {
  const person = somebody(world, random)
  if (person !== undefined) world.addActivity(person)
}

/** The first of two hundred from a random place on that is open and whose time has come, if there is one. */
function closeActivity(world: World, random: Random): void {
  const { activities } = world.calendar
  const from = Math.max(0, random.int(Math.max(1, activities.length)) - 100)
  const found = activities.slice(from, from + 200).findIndex((activity) => {
    return activity.status === 'scheduled' && activity.endAt <= world.now && activity.removedAt === 0
  })
  const status = random.chance(0.97) ? 'completed' : 'cancelled'
  if (found >= 0) world.editActivity(from + found, { status })
}

function removeSomebody(world: World, random: Random): void {
  const person = somebody(world, random)
  if (person !== undefined) world.removePerson(person)
}

function mergeTwo(world: World, random: Random): void {
  const winner = somebody(world, random)
  const loser = somebody(world, random)
  if (winner !== undefined && loser !== undefined && winner !== loser) world.mergePeople(winner, loser)
}

/** A colleague takes over 5 to 60 people at once: all of them share the second of their change. */
function handOverMany(world: World, random: Random): void {
  const ownerId = random.pick(world.setting.owners).id
  const first = somebody(world, random)
  if (first === undefined) return
  const last = Math.min(world.people.length, first + random.between(5, 60))
  for (let i = first; i < last; i++) {
    if (world.isListed(rowAt(world.people, i))) world.editPerson(i, { ownerId })
  }
}

/** A listed person, newer ones more often; undefined when twenty draws met only removed ones. */
function somebody(world: World, random: Random): number | undefined {
  return listed(world, world.people, random)
}

function someDeal(world: World, random: Random): number | undefined {
  return listed(world, world.deals, random)
}

function listed(world: World, rows: World['people'] | World['deals'], random: Random): number | undefined {
  for (let draw = 0; draw < 20; draw++) {
    const index = Math.floor(Math.sqrt(random.next()) * rows.length)
    const row = rows[index]
    if (row && world.isListed(row)) return index
  }
  return undefined
}
