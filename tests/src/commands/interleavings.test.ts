import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Database } from '../../../drizzle/db.ts'
import { arrange, type Arrangement } from '../../worker/arrange.ts'
import { deed, doIt } from './interleavings/deeds.ts'
import { expectKept, writesOf } from './interleavings/kept.ts'
import { endLeases, hurry, lost, send, senders } from './interleavings/senders.ts'
import { begin, laurel, sync, type World } from './interleavings/world.ts'

let all: Arrangement
let web: Database
let screen: Database

beforeAll(async () => {
  all = await arrange([{ ...laurel, startAt: new Date() }])
  web = connectWeb(all.url)
  screen = connectWeb(`${all.url}?application_name=screen`)
})
afterAll(async () => {
  await web.close()
  await screen.close()
  await all.close()
})

const connectWeb = (url: string): Database =>
  connect({ url, role: 'tidemark_web', max: 8, statementTimeoutMs: 10_000, onError: () => undefined })

/** What happens at the same moment. */
const moment = fc.record({
  deeds: fc.array(deed, { minLength: 1, maxLength: 5 }),
  syncs: fc.boolean(),
  senders,
  lost,
})

/** With nothing in the way everything waiting is sent, and a sync sees it. */
async function settle(world: World): Promise<void> {
  await hurry(world)
  await send(world)
  all.simulator.advance(60_000)
  await sync(world)
  await expectKept(world)
}

test('whoever does whatever at the same moment, and whatever breaks: no step is lost, doubled or written over, here or in the CRM', async () => {
  const done = { told: 0, confirmed: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 2, maxLength: 8 }), async (moments) => {
      const world = await begin({ all, web, screen })
      for (const { deeds, syncs, senders: fates, lost: faults } of moments) {
        for (const fault of faults) all.simulator.faults.add(fault)
        await hurry(world)
        await Promise.all([
          ...deeds.map((one) => doIt(world, one)),
          ...(syncs ? [sync(world)] : []),
          ...fates.map((fate) => send(world, fate)),
        ])
        all.simulator.faults.clear()
        await endLeases(world)
        await expectKept(world)
      }
      await settle(world)
      const writes = await writesOf(world)
      expect(writes.filter(({ state }) => state === 'pending' || state === 'sending')).toEqual([])
      done.told += world.told.length
      done.confirmed += writes.filter(({ state }) => state === 'confirmed').length
    }),
    { numRuns: 8, endOnFailure: true },
  )
  // It was not all refused.
  expect(done.told).toBeGreaterThan(10)
  expect(done.confirmed).toBeGreaterThan(0)
})
