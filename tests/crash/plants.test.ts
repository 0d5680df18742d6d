import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { plants, sow } from './plants.ts'

const root = join(import.meta.dirname, '../..')

test.each(plants.map((plant) => ({ ...plant, files: (plant.engine ?? []).map(({ file }) => file) })))(
  'the mistake "$name" still finds its place',
  (plant) => {
    for (const file of new Set(plant.files)) {
      const path = join(root, file)
      const text = readFileSync(path, 'utf8')
      expect(sow(text, path, plant)).not.toBe(text)
    }
    expect(plant.files.length > 0 || plant.reading !== undefined).toBe(true)
  },
)
