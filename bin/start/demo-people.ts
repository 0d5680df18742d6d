import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../../drizzle/config.ts'
import type { DemoPerson } from '../../src/identity/demo-people.ts'

const kept = z.array(
  z.object({ name: z.string(), email: z.string(), password: z.string(), words: z.string() }),
)

/** The invented people of the demo in this data directory; none anywhere else. */
export async function keptDemoPeople({
  TIDEMARK_DATA_DIR,
}: Pick<Config, 'TIDEMARK_DATA_DIR'>): Promise<DemoPerson[]> {
  const text = await readFile(join(TIDEMARK_DATA_DIR, 'demo-people.json'), 'utf8').catch(() => undefined)
  return text === undefined ? [] : kept.parse(JSON.parse(text))
}
