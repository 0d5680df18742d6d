const DAY = 86_400

/** Moves the instant (seconds) into 13:00 to 02:00 UTC (8 a.m. to 9 p.m. in New York) of its day, or of the day before where that is still to come. */
export function inOfficeHours(instant: number, latest: number): number {
  const day = Math.floor(instant / DAY) * DAY
  const moved = Math.floor(day + 13 * 3600 + ((instant - day) * 13) / 24)
  return moved < latest ? moved : moved - DAY
}

/** The same time of the Monday after, where the day (UTC) is a Saturday or a Sunday. */
export function onWorkday(instant: number): number {
  const weekday = new Date(instant * 1000).getUTCDay()
  return instant + (weekday === 6 ? 2 : weekday === 0 ? 1 : 0) * DAY
}
