/** The rows of the page: of its tables, of lists that say that they are rows, and the cards of a board. */
const rows = 'main tbody tr, main [data-rows] > li, main .card'

/** Moves the focus to what opens the next row, or the one before; rows with nothing to open, or folded away, are passed over. */
export function stepRow(step: 1 | -1): void {
  const doors = [...document.querySelectorAll(rows)]
    .filter((row) => !row.closest('details:not([open])'))
    .flatMap((row) => doorOf(row) ?? [])
  const here = rowNow()
  const at = doors.findIndex((door) => here?.contains(door))
  const next = at === -1 ? (step === 1 ? 0 : doors.length - 1) : at + step
  doors[next]?.focus()
}

/** The same by an arrow, which is the page's own where no row has the focus: then it is false. A board has arrows of its own. */
export function arrowRow(step: 1 | -1): boolean {
  const isOnRow = rowNow()?.matches(':not(.card)') ?? false
  if (isOnRow) stepRow(step)
  return isOnRow
}

/** Opens the row that has the focus. */
export function openRow(): void {
  const row = rowNow()
  if (row) doorOf(row)?.click()
}

const rowNow = () => document.activeElement?.closest(rows)

const doorOf = (row: Element) =>
  row.querySelector<HTMLElement>('[data-deed=complete], [data-opens]') ??
  row.querySelector<HTMLElement>('a[href], button, summary')

/** What does a deed of this name in the row that has the focus, or in the first row that has such a deed. */
export function deedOfRow(deed: 'complete' | 'move'): HTMLElement | undefined {
  const here = rowNow()
  const all = here ? [here] : [...document.querySelectorAll(rows)]
  const found = all.find((row) => row.querySelector(`[data-deed=${deed}]`))
  return found?.querySelector<HTMLElement>(`[data-deed=${deed}]`) ?? undefined
}
