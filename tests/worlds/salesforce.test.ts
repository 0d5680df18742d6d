import { test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { salesforce } from './salesforce.ts'
import { aFew } from './worlds.ts'

test(
  'whatever happens to whichever org, a clean run ends with what the org holds, and the next one writes nothing',
  async () => salesforce(await createTestDatabase(), aFew),
  240_000,
)
