import { globSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pages } from './places.ts'

test('the quality of every page is measured, or it is said why it cannot be', () => {
  const files = globSync('**/*.astro', { cwd: join(import.meta.dirname, '../../src/pages') })
  expect(Object.keys(pages).toSorted()).toEqual(files.map((file) => file.slice(0, -6)).toSorted())
})
