import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { gather } from '../../../src/server/gather.ts'

const asked = fc.record({ key: fc.constantFrom('a', 'b'), fails: fc.boolean() })

test('each item is done once and in order, never two at a time for a key, and hears its own answer or the failure of those done with it', () =>
  fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(asked, { maxLength: 30 }), async (scheduler, asks) => {
      const underWay = new Set<string>()
      const done: { key: string; items: readonly number[] }[] = []
      const { ask } = gather<number, number>(async (key, items) => {
        expect(underWay.has(key)).toBe(false)
        underWay.add(key)
        await scheduler.schedule(Promise.resolve())
        underWay.delete(key)
        done.push({ key, items })
        if (items.some((item) => asks[item]?.fails)) throw new Error(items.join())
        return items.map((item) => item * 2)
      })
      const order: number[] = []
      const answers = asks.map(async ({ key }, item) => {
        await scheduler.schedule(Promise.resolve())
        order.push(item)
        return ask(key, item)
      })
      const heard = await scheduler.waitFor(Promise.allSettled(answers))
      for (const of of ['a', 'b'])
        expect(done.flatMap(({ key, items }) => (key === of ? items : []))).toEqual(
          order.filter((item) => asks[item]?.key === of),
        )
      for (const [item, answer] of heard.entries()) {
        const together = done.find(({ items }) => items.includes(item))?.items ?? []
        const isLost = together.some((other) => asks[other]?.fails)
        expect(answer).toEqual(
          isLost
            ? { status: 'rejected', reason: new Error(together.join()) }
            : { status: 'fulfilled', value: item * 2 },
        )
      }
    }),
  ))

test('a thousand at once are two rounds, and how long one has been under way is known', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(5_000)
  const rounds: number[] = []
  const first = Promise.withResolvers<void>()
  const { ask, underWayMs } = gather<number, number>(async (_, items) => {
    rounds.push(items.length)
    if (rounds.length === 1) await first.promise
    return items
  })
  expect(underWayMs('a')).toBe(0)
  const answers = Array.from({ length: 1_000 }, (_, item) => ask('a', item))
  clock.mockReturnValue(6_500)
  expect([underWayMs('a'), underWayMs('b')]).toEqual([1_500, 0])
  first.resolve()
  expect(await Promise.all(answers)).toEqual(Array.from({ length: 1_000 }, (_, item) => item))
  expect(rounds).toEqual([1, 999])
  clock.mockRestore()
  await expect.poll(() => underWayMs('a')).toBe(0)
})
