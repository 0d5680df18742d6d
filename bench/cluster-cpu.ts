import { readdirSync, readFileSync } from 'node:fs'

const ticksPerSecond = 100

/**
 * Processor seconds that the Postgres cluster of one of its server processes has used so far: those of the postmaster, of its
 * living children, and of its children that have ended. Linux only; 0 elsewhere.
 */
export function clusterCpuSeconds(serverProcess: number): number {
  if (process.platform !== 'linux') return 0
  const postmaster = stat(serverProcess)?.parent
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    const found = /^\d+$/.test(name) ? stat(Number(name)) : undefined
    if (found === undefined) continue
    if (Number(name) === postmaster) ticks += found.own + found.ended
    else if (found.parent === postmaster) ticks += found.own
  }
  return ticks / ticksPerSecond
}

/** Processor seconds that a process has used by itself so far. Linux only; 0 elsewhere. */
export function processCpuSeconds(pid: number): number {
  return process.platform === 'linux' ? (stat(pid)?.own ?? 0) / ticksPerSecond : 0
}

/** Parent, own time, and the time of children that have ended, in ticks (proc(5): fields 4 and 14 to 17). */
function stat(pid: number): { parent: number; own: number; ended: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [parent = 0] = fields.slice(1)
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11)
    return { parent, own: user + system, ended: endedUser + endedSystem }
  } catch {
    // The process has ended in between; its time is with its parent now.
    return undefined
  }
}
