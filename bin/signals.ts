const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * A signal that is aborted when somebody asks this process to end: Ctrl-C, `kill`, a closed terminal, or the death of
 * the parent that started it. The second time the process ends at once.
 */
export function untilAsked(): { signal: AbortSignal; dispose: () => void } {
  const asked = new AbortController()
  // A child of `start` is told by its parent, in order; the terminal's Ctrl-C reaches both.
  const isChild = process.connected
  const hear = (reason: string) => {
    if (isChild && (reason === 'SIGINT' || reason === 'SIGHUP')) return
    if (asked.signal.aborted) process.exit(1)
    asked.abort(new Error(reason))
  }
  for (const ending of endings) process.on(ending, hear)
  const orphaned = () => hear('the parent is gone')
  if (isChild) process.once('disconnect', orphaned)
  return {
    signal: asked.signal,
    dispose: () => {
      for (const ending of endings) process.off(ending, hear)
      process.off('disconnect', orphaned)
    },
  }
}
