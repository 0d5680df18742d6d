import { expect, test } from 'vitest'
import { demoAccounts } from '../../simulator/demo.ts'
import { startSimulator } from '../../simulator/main.ts'
import { pastOf } from '../../simulator/past.ts'

test('the demo has three franchises with a past, a future and nobody who could be called', async () => {
  const simulator = await startSimulator({ accounts: demoAccounts, clock: { startAt: new Date(), speed: 1 } })
  expect(demoAccounts).toHaveLength(3)
  for (const { webKey } of demoAccounts) {
    const { people, deals, notes, activities } = simulator.account(webKey).truth()
    const now = new Date().toISOString()
    expect(people.every(({ email }) => email === '' || /@example\.(com|org)$/.test(email))).toBe(true)
    expect(people.every(({ phone }) => /^\d{3}55501\d\d$/.test(phone))).toBe(true)
    expect(Date.parse(now) - Date.parse(people[0]?.createdAt ?? now)).toBeGreaterThan(190 * 86_400_000)
    expect(
      activities.some(({ startAt }) => startAt > now) && activities.some(({ startAt }) => startAt < now),
    ).toBe(true)
    const amounts = deals.flatMap(({ amountMinor }) => (amountMinor === null ? [] : [amountMinor / 100]))
    expect(Math.min(...amounts)).toBeGreaterThanOrEqual(30_000)
    expect(Math.max(...amounts)).toBeLessThan(200_000)
    expect(notes.every(({ text }) => text !== '' && !text.includes('{'))).toBe(true)
  }
  await simulator.close()
})

test('the demo changes every few minutes', async () => {
  const simulator = await startSimulator({ accounts: demoAccounts })
  const [first] = demoAccounts
  const account = simulator.account(first?.webKey ?? '')
  const before = account.truth()
  simulator.advance(3_600_000)
  expect(account.truth()).not.toEqual(before)
  await simulator.close()
})

const dayMs = 86_400_000
// A Friday morning in New York, so that what follows does not depend on when it runs.
const friday = new Date('2026-11-20T15:00:00Z')
const biggest = demoAccounts.toSorted((a, b) => b.people - a.people)[0]
if (biggest === undefined) throw new Error('the demo has no account')

const truthOnFriday = async () => {
  const simulator = await startSimulator({ accounts: demoAccounts, clock: { startAt: friday, speed: 0 } })
  const truth = simulator.account(biggest.webKey).truth()
  await simulator.close()
  return truth
}

test('in the demo leads come every week, more in some than in others, and rarely on a Sunday', async () => {
  const { people } = await truthOnFriday()
  const ages = people.map(({ createdAt }) => (friday.getTime() - Date.parse(createdAt)) / dayMs)
  const weeks = Array.from(
    { length: 26 },
    (_, week) => ages.filter((age) => Math.floor(age / 7) === week).length,
  )
  expect(Math.min(...weeks)).toBeGreaterThan(4)
  expect(Math.max(...weeks)).toBeGreaterThan(2 * Math.min(...weeks))
  const onDay = (day: number) =>
    people.filter(({ createdAt }) => new Date(createdAt).getUTCDay() === day).length
  expect(onDay(0)).toBeLessThan(onDay(2) / 2)
})

test('in the demo deals are won and lost in every month, and most of the open ones have an amount', async () => {
  const { deals } = await truthOnFriday()
  const past = pastOf(biggest, friday)
  const isWon = (stage: string | null | undefined) => stage === 'FA Signed'
  const isLost = (stage: string | null | undefined) => /^(Not|Never|Bad|Lost)/.test(stage ?? '')
  const ends = past.map(({ states }) => states.at(-1))
  for (let month = 0; month < 5; month++) {
    const inMonth = ends.filter(
      (end) => Math.floor((friday.getTime() - (end?.at.getTime() ?? 0)) / dayMs / 30) === month,
    )
    expect(inMonth.filter((end) => isWon(end?.stage)).length, `won ${month} months ago`).toBeGreaterThan(0)
    expect(inMonth.filter((end) => isLost(end?.stage)).length, `lost ${month} months ago`).toBeGreaterThan(3)
  }
  const open = deals.filter(({ stageName }) => !isWon(stageName) && !isLost(stageName))
  expect(new Set(open.map(({ stageName }) => stageName)).size).toBeGreaterThan(10)
  expect(open.filter(({ amountMinor }) => amountMinor !== null).length).toBeGreaterThan(open.length * 0.7)
  const loads = [...Map.groupBy(open, ({ ownerName }) => ownerName).values()].map(({ length }) => length)
  expect(Math.max(...loads)).toBeGreaterThan(2 * Math.min(...loads))
})

test('the past of the demo ends where the deals stand, and each of its steps comes after the one before', async () => {
  const { deals } = await truthOnFriday()
  for (const { id, states } of pastOf(biggest, friday)) {
    const deal = deals.find((one) => one.id === id)
    expect(states.at(-1)).toMatchObject({
      stage: deal?.stageName,
      amountMinor: deal?.stageName === null ? null : deal?.amountMinor,
    })
    const instants = states.map(({ at }) => at.getTime())
    expect(instants).toEqual(instants.toSorted((a, b) => a - b))
    expect(new Set(instants).size).toBe(instants.length)
  }
})

test('in the demo appointments lie in office hours of workdays, some ahead and a few forgotten', async () => {
  const { activities } = await truthOnFriday()
  for (const { startAt } of activities) {
    const at = new Date(startAt)
    expect([0, 6]).not.toContain(at.getUTCDay())
    expect(at.getUTCHours()).toBeGreaterThanOrEqual(15)
    expect(at.getUTCHours()).toBeLessThan(22)
  }
  const open = activities.filter(({ status }) => status === 'scheduled')
  expect(open.filter(({ startAt }) => startAt > friday.toISOString()).length).toBeGreaterThan(20)
  const forgotten = open.filter(({ startAt }) => startAt < friday.toISOString())
  expect(forgotten.length).toBeGreaterThan(2)
  expect(Math.min(...forgotten.map(({ startAt }) => Date.parse(startAt)))).toBeGreaterThan(
    friday.getTime() - 15 * dayMs,
  )
})
