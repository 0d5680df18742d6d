/** So many answers of one question are kept; then it begins anew. */
const mostKept = 10_000

/**
 * What `make` says of an instant where a workspace is, said once: a list has the same instants at each look, and to ask the calendar
 * takes longer than all else about a row. `make` must depend on nothing but its two arguments.
 */
export function remembered(
  make: (at: Date, timeZone: string) => string,
): (at: Date, timeZone: string) => string {
  const zones = new Map<string, Map<number, string>>()
  let kept = 0
  return (at, timeZone) => {
    const ms = at.getTime()
    const known = zones.get(timeZone)?.get(ms)
    if (known !== undefined) return known
    const made = make(at, timeZone)
    if (kept >= mostKept) {
      zones.clear()
      kept = 0
    }
    const zone = zones.get(timeZone) ?? new Map<number, string>()
    zones.set(timeZone, zone.set(ms, made))
    kept += 1
    return made
  }
}
