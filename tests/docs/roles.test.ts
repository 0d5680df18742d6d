import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { renderRoles, rolesPage } from './roles.ts'

test('docs/roles.md says what the code does', () => {
  expect(readFileSync(rolesPage, 'utf8'), 'print it anew: node tests/docs/roles.ts').toBe(renderRoles())
})
