import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Stage } from './stage.ts'

/** Seconds from the start to the end of `tidemark sync` when the CRM has nothing new, once for each of `times`. */
export async function idleSync(stage: Stage, times: number): Promise<number[]> {
  await command(stage)
  const seconds: number[] = []
  for (let time = 0; time < times; time += 1) seconds.push(await command(stage))
  return seconds
}

async function command({ environment }: Stage): Promise<number> {
  const startedMs = performance.now()
  const program = `${import.meta.dirname}/../bin/tidemark.mjs`
  const child = spawn(process.execPath, [program, 'sync'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [code] = (await once(child, 'exit')) as [number]
  if (code !== 0) throw new Error(`tidemark sync ended with ${code}`)
  return (performance.now() - startedMs) / 1_000
}
