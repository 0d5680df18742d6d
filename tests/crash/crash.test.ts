import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { campaign } from './campaign.ts'
import { namedPoints, planOf, shareOut } from './points.ts'

const points = 54
const lanes = 3

// One seed for the suite, so that two people see the same blows. Others, and many more of them, are for:
// npm run test:crash -- --points 500 --lanes 3 --seed N
const seed = 120_072

test(
  `nothing is lost, doubled or stale after ${points} blows to the worker (seed ${seed})`,
  { timeout: 1_200_000 },
  async () => {
    console.log(`crash seed ${seed}`)
    const databases = await Promise.all(Array.from({ length: lanes }, () => createTestDatabase()))
    try {
      const shares = shareOut(planOf(seed, points), lanes)
      const reports = await Promise.all(
        databases.map(({ url }, lane) => campaign({ url, seed: seed + lane, plan: shares[lane] ?? [] })),
      )
      for (const { complaints, log } of reports) expect(complaints, log.join('\n')).toEqual([])
      const fired = new Set(reports.flatMap((report) => Object.keys(report.fired)))
      expect(namedPoints.map(({ name }) => name).filter((name) => !fired.has(name))).toEqual([])
      const blows = reports
        .flatMap((report) => Object.values(report.fired))
        .reduce((sum, count) => sum + count, 0)
      expect(blows).toBeGreaterThanOrEqual(50)
    } finally {
      for (const database of databases) await database.drop()
    }
  },
)
