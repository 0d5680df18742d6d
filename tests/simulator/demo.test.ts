import { expect, test } from 'vitest'
import { demoAccounts } from '../../simulator/demo.ts'
import { startSimulator } from '../../simulator/main.ts'

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
