import { fullName, rowAt, type PersonEdit } from './facts.ts'
import { metros } from './places.ts'
import { amountOf } from './fees.ts'
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
  { weight: 6, happen: newLead },
  { weight: 30, happen: moveStage },
  { weight: 26, happen: writeNote },
  { weight: 12, happen: correctPerson },
  { weight: 6, happen: changeAmount },
  { weight: 9, happen: bookActivity },
  { weight: 7, happen: closeActivity },
  { weight: 1.5, happen: removeSomebody },
  { weight: 1, happen: mergeTwo },
  { weight: 1.5, happen: handOverMany },
]

/** One in six becomes visible only up to five minutes after it was created. */
function newLead(world: World, random: Random): void {
  const visibleAt = world.now + (random.chance(1 / 6) ? random.between(20, 300) : 0)
  const person = world.addPerson({ visibleAt })
  if (rowAt(world.people, person).kind === 'prospect') world.addDeal(person)
}

function moveStage(world: World, random: Random): void {
  const deal = someDeal(world, random)
  if (deal === undefined) return
  const { stages } = world.setting
  const current = stages.findIndex((stage) => stage.id === rowAt(world.deals, deal).stageId)
  const isLost = random.chance(0.2)
  const position = isLost
    ? WON_POSITION + 2 + random.int(5)
    : Math.min(WON_POSITION, Math.max(current, 0) + 1)
  world.editDeal(deal, { stageId: rowAt(stages, position).id })
}

function writeNote(world: World, random: Random): void {
  const person = somebody(world, random)
  if (person === undefined) return
  const owner = random.pick(world.setting.owners)
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
  const deal = someDeal(world, random)
  if (deal !== undefined)
    world.editDeal(deal, { amountMinor: amountOf(random, world.setting.business, 0.95) })
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
  const status = random.chance(0.85) ? 'completed' : 'cancelled'
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
