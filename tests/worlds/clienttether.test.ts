import { test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { clientTether } from './clienttether.ts'
import { aFew } from './worlds.ts'

test(
  'whatever happens to whichever account, a clean run ends with what the account holds, and the next one writes nothing',
  async () => clientTether(await createTestDatabase(), aFew),
  240_000,
)
