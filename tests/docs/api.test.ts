import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { apiPage, renderApi } from './api.ts'

test('docs/api.md says what the API says of itself', () => {
  expect(readFileSync(apiPage, 'utf8'), 'print it anew: node tests/docs/api.ts').toBe(renderApi())
})
