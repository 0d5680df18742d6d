import type { CrmGate, CrmTrap } from './crm-gate.ts'
import type { Trap } from './gate.ts'
import type { Point } from './points.ts'
import type { Worker } from './worker.ts'

/** How a blow fell. `release` lets go of what was held when a sleeping worker was woken. */
export type Blow = { release: () => void }

type Targets = { worker: Worker; crms: CrmGate[]; passage: number; withinMs: number }

/**
 * Waits until the worker comes by the point for the `passage`-th time and strikes it there. Null when it did not come by in
 * time. Kills are carried out before anything held is let go, so that the place is exact.
 */
export async function strike(
  point: Point,
  { worker, crms, passage, withinMs }: Targets,
): Promise<Blow | null> {
  const { at, deed } = point
  const { promise, resolve } = Promise.withResolvers<Blow | null>()
  const timer = setTimeout(() => resolve(null), 'afterMs' in at ? at.afterMs : withinMs)
  const hit = (held: { release: () => void; cut?: () => void }) => {
    if (deed === 'kill') void worker.kill()
    if (deed === 'sleep') worker.freeze()
    if (deed === 'cut') held.cut?.()
    resolve({ release: held.release })
  }
  if ('postgres' in at)
    worker.gate.set({ ...at.postgres, matches: atPassage(at.postgres, passage), spring: hit })
  if ('crm' in at)
    for (const crm of crms) crm.set({ ...at.crm, matches: atPassage(at.crm, passage), spring: hit })
  const blow = await promise
  clearTimeout(timer)
  worker.gate.set(null)
  for (const crm of crms) crm.set(null)
  if (!('afterMs' in at)) return blow
  await worker.kill()
  return { release: () => undefined }
}

function atPassage<T>({ matches }: { matches: (what: T) => boolean }, passage: number): (what: T) => boolean {
  let left = passage
  return (what) => matches(what) && (left -= 1) <= 0
}

export type { Trap, CrmTrap }
