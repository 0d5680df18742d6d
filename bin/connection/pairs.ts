import { InvalidArgumentError } from 'commander'

/** Collects `name=text` options; may be given several times. */
export function pair(text: string, before: Record<string, string> = {}): Record<string, string> {
  const mark = text.indexOf('=')
  if (mark < 1) throw new InvalidArgumentError('It must look like name=value.')
  return { ...before, [text.slice(0, mark)]: text.slice(mark + 1) }
}

/** Settings as they are typed: JSON where the text is JSON (numbers, lists, true), else text. `a.b=1` reaches inside. */
export function settingsOf(pairs: Record<string, string>): Record<string, unknown> {
  const settings: Record<string, unknown> = {}
  for (const [path, text] of Object.entries(pairs)) {
    const [first = '', ...rest] = path.split('.')
    settings[first] = placed(settings[first], rest, meant(text))
  }
  return settings
}

function placed(within: unknown, path: readonly string[], value: unknown): unknown {
  const [first, ...rest] = path
  if (first === undefined) return value
  const there = typeof within === 'object' && within !== null ? (within as Record<string, unknown>) : {}
  return { ...there, [first]: placed(there[first], rest, value) }
}

function meant(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
