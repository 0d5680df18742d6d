type Facts = Record<string, unknown> | null

/** What a deed changed, one fact each: `role: viewer → admin`, `role: rep`, `role was rep`. */
export function changesOf(before: Facts, after: Facts): string[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  return [...names].map((name) => {
    const word = name.replaceAll('_', ' ')
    const [was, is] = [before?.[name], after?.[name]]
    if (was === undefined) return `${word}: ${plain(is)}`
    return is === undefined ? `${word} was ${plain(was)}` : `${word}: ${plain(was)} → ${plain(is)}`
  })
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
