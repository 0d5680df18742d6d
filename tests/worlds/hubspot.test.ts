import { test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { hubSpot } from './hubspot.ts'
import { aFew } from './worlds.ts'

test(
  'whatever happens to whichever account, a clean run within the week ends with what it holds, the next one writes nothing, and a replay agrees',
  async () => hubSpot(await createTestDatabase(), aFew),
  240_000,
)
