type Facts = Record<string, unknown> | null

/** What a deed changed, one fact each, and nothing of what it left as it was: `role: viewer → admin`, `role: rep`, `role was rep`. */
export function changesOf(before: Facts, after: Facts): string[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  return [...names].flatMap((name) => {
    const word = name.replaceAll('_', ' ')
    const [was, is] = [before?.[name], after?.[name]]
    if (was === undefined) return `${word}: ${plain(is)}`
    if (is === undefined) return `${word} was ${plain(was)}`
    return plain(was) === plain(is) ? [] : `${word}: ${plain(was)} → ${plain(is)}`
  })
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
