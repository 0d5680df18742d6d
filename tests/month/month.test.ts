import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sow } from '../crash/plants.ts'
import { createTestDatabase } from '../support/database.ts'
import { month } from './month.ts'
import { plants } from './plants.ts'

// One seed and half a day for the suite. Months, and other seeds, are for: npm run test:month -- --seeds 20
const seed = 120_072

test('for half a day four copies are as fresh as they say, stay within their share, and end as their CRMs have it', async () => {
  const database = await createTestDatabase()
  try {
    const report = await month({ database, seed, days: 0.5 })
    expect(report.complaints).toEqual([])
    expect(Object.keys(report.crms)).toEqual(['clienttether', 'hubspot', 'pipedrive', 'salesforce'])
    for (const { runs } of Object.values(report.crms)) expect(runs['success']).toBeGreaterThan(0)
    expect(Object.keys(report.faults).length).toBeGreaterThan(1)
  } finally {
    await database.drop()
  }
})

test.each(plants)('the mistake "$name" still finds its place', (plant) => {
  for (const { file } of plant.engine ?? []) {
    const path = join(import.meta.dirname, '../..', file)
    const text = readFileSync(path, 'utf8')
    expect(sow(text, path, plant)).not.toBe(text)
  }
})
