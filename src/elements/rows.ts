/** The rows of the page: of its tables, and of lists that say that they are rows. */
const rows = 'main tbody tr, main [data-rows] > li'

/** Moves the focus to what opens the next row, or the one before; rows with nothing to open are passed over. */
export function stepRow(step: 1 | -1): void {
  const doors = [...document.querySelectorAll(rows)].flatMap(
    (row) => row.querySelector<HTMLElement>('a[href], button, summary') ?? [],
  )
  const here = document.activeElement?.closest(rows)
  const at = doors.findIndex((door) => here?.contains(door))
  const next = at === -1 ? (step === 1 ? 0 : doors.length - 1) : at + step
  doors[next]?.focus()
}
