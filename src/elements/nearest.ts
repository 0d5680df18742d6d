/** The name that was probably meant: at most one slip of the fingers in every three letters away, as a whole or by one of its words. */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  const wanted = typed.trim().toLowerCase()
  const most = Math.floor(wanted.length / 3)
  const rated = names.map((name) => {
    const whole = name.trim().toLowerCase()
    return {
      name,
      slips: Math.min(...[whole, ...whole.split(/\s+/)].map((part) => slips(wanted, part, most))),
    }
  })
  const [best] = rated.filter((one) => one.slips <= most).toSorted((a, b) => a.slips - b.slips)
  return best?.name
}

/** Letters left out, added, changed or swapped with their neighbour between the two; more than `most` is not counted further. */
function slips(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return Infinity
  const rows = [Array.from({ length: b.length + 1 }, (_, at) => at)]
  for (let i = 1; i <= a.length; i++) {
    const [above = [], before = []] = [rows[i - 1], rows[i - 2]]
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(
        (above[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (above[j - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (before[j - 2] ?? 0) + 1 : Infinity,
      )
    }
    rows.push(row)
  }
  return rows[a.length]?.[b.length] ?? Infinity
}
