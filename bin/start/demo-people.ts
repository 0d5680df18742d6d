import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../../drizzle/config.ts'
import type { DemoPerson } from '../../src/identity/demo-people.ts'

const kept = z.array(
  z.object({ name: z.string(), email: z.string(), password: z.string(), words: z.string() }),
)

type Place = Pick<Config, 'TIDEMARK_DATA_DIR'>
const pathIn = ({ TIDEMARK_DATA_DIR }: Place) => join(TIDEMARK_DATA_DIR, 'demo-people.json')

/** The invented people of the demo in this data directory; none anywhere else. */
export async function keptDemoPeople(place: Place): Promise<DemoPerson[]> {
  const text = await readFile(pathIn(place), 'utf8').catch(() => undefined)
  return text === undefined ? [] : kept.parse(JSON.parse(text))
}

/** Keeps them, with their passwords, for the owner of the directory alone. */
export async function keepDemoPeople(place: Place, people: readonly DemoPerson[]): Promise<void> {
  const path = pathIn(place)
  await mkdir(place.TIDEMARK_DATA_DIR, { recursive: true })
  await writeFile(`${path}.new`, `${JSON.stringify(people, undefined, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}
