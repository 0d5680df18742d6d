import type { Cost } from './stage.ts'

/** Ends a measured program: tells whoever started it what it did, and what that cost this process. */
export function tellCost(done: Omit<Cost, 'cpuSeconds' | 'peakMb'>): void {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  process.send?.({
    ...done,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakMb: maxRSS / 1_024,
  } satisfies Cost)
  process.disconnect?.()
}
