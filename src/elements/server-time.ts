const rendered = Date.parse(document.documentElement.dataset['now'] ?? '') || Date.now()
const listeners = new Set<() => void>()
const everyMs = 20_000

/**
 * Now, by the clock that measured the ages on this page; whatever the clock of this machine says. The browser's own count of what
 * has passed stands still while a machine sleeps (https://crbug.com/1206450, read 2026-11-21), its clock does not.
 */
export function serverNow(): Date {
  const passedMs = Math.max(performance.now(), Date.now() - performance.timeOrigin)
  return new Date(rendered + passedMs)
}

/** Calls `tick` now and then while the page is looked at, and when it is looked at again. Gives the way to stop. */
export function everySoOften(tick: () => void): () => void {
  listeners.add(tick)
  return () => void listeners.delete(tick)
}

function tickAll(): void {
  if (!document.hidden) for (const tick of listeners) tick()
}

setInterval(tickAll, everyMs)
document.addEventListener('visibilitychange', tickAll)
// Back from the cache of the browser, the page may be much older.
window.addEventListener('pageshow', tickAll)
