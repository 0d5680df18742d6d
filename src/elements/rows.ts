/** The rows of the page: of its tables, and of lists that say that they are rows. */
const rows = 'main tbody tr, main [data-rows] > li'

/** Moves the focus to what opens the next row, or the one before; rows with nothing to open are passed over. */
export function stepRow(step: 1 | -1): void {
  const doors = [...document.querySelectorAll(rows)].flatMap(
    (row) =>
      row.querySelector<HTMLElement>('[data-deed=complete], [data-opens]') ??
      row.querySelector<HTMLElement>('a[href], button, summary') ??
      [],
  )
  const here = document.activeElement?.closest(rows)
  const at = doors.findIndex((door) => here?.contains(door))
  const next = at === -1 ? (step === 1 ? 0 : doors.length - 1) : at + step
  doors[next]?.focus()
}

/** What does a deed of this name in the row that has the focus, or in the first row that has such a deed. */
export function deedOfRow(deed: 'complete' | 'move'): HTMLElement | undefined {
  const here = document.activeElement?.closest(rows)
  const all = here ? [here] : [...document.querySelectorAll(rows)]
  const found = all.find((row) => row.querySelector(`[data-deed=${deed}]`))
  return found?.querySelector<HTMLElement>(`[data-deed=${deed}]`) ?? undefined
}
