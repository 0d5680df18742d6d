import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { demoFile } from '../installation.ts'

const kept = z.object({
  startedAt: z.iso.datetime(),
  /** Where the stand-in answered last; connections point there. */
  port: z.number().int().min(0).max(65_535).default(0),
  changesPerDay: z.number().int().min(0).optional(),
})

/** What the invented companies need to go on after a restart as if they had never stopped. */
export type DemoWorld = z.infer<typeof kept>

/**
 * The world of this data directory, begun now if there is none. Its pace is decided when it begins: another one later
 * would be another world, and look as if everything had vanished.
 */
export async function keptWorld(dataDir: string, changesPerDay: number | undefined): Promise<DemoWorld> {
  const path = join(dataDir, demoFile)
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) {
    const world = { startedAt: new Date().toISOString(), port: 0, changesPerDay }
    await keepWorld(dataDir, world)
    return world
  }
  const world = kept.safeParse(jsonOf(text))
  if (world.success) return world.data
  throw new Error(
    `${path} does not say when the demo's world began. Restore it, or set TIDEMARK_DATA_DIR to another directory.`,
  )
}

/** Writes it in one step: a start that is killed leaves the old one or the new one. */
export async function keepWorld(dataDir: string, world: DemoWorld): Promise<void> {
  const path = join(dataDir, demoFile)
  await mkdir(dataDir, { recursive: true })
  await writeFile(`${path}.new`, `${JSON.stringify(world, undefined, 2)}\n`)
  await rename(`${path}.new`, path)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
