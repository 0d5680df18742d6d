import { test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { pipedrive } from './pipedrive.ts'
import { aFew } from './worlds.ts'

test(
  'whatever happens to whichever company, a clean run ends with what it holds, the next one writes nothing, and a replay agrees',
  async () => pipedrive(await createTestDatabase(), aFew),
  240_000,
)
