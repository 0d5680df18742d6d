const named =
  /(secret|passw|token|authori[sz]ation|api_?key|web_?key|private_?key|cookie|credential|sealed|database_?url)/i
const replacement = '[redacted]'
const deepest = 8

export type Scrub = {
  /** A text without the secrets that are known and without passwords in addresses. */
  text: (words: string) => string
  /** A copy of any value that shows no secret: by the name of its field at any depth, or by its text. Errors become plain. */
  value: (value: unknown) => unknown
}

/** Takes secrets out of whatever is about to be printed. `secrets` are values that must not appear anywhere. */
export function scrubber(secrets: readonly string[] = []): Scrub {
  const known = secrets.filter((secret) => secret.length > 3)
  const text = (words: string) => {
    const withoutKnown = known.reduce((rest, secret) => rest.replaceAll(secret, replacement), words)
    return withoutKnown.replace(/([a-z][a-z0-9+.-]*:\/\/[^\s:@/]*):[^\s@/]+@/gi, `$1:${replacement}@`)
  }
  const value = (given: unknown, depth = 0): unknown => {
    if (typeof given === 'string') return text(given)
    if (typeof given !== 'object' || given === null || given instanceof Date) return given
    if (depth > deepest) return '[deeper]'
    if (given instanceof Error) return plainError(given, (part) => value(part, depth + 1))
    if (Buffer.isBuffer(given)) return `[${given.length} bytes]`
    if (Array.isArray(given)) return given.map((part) => value(part, depth + 1))
    return Object.fromEntries(
      Object.entries(given).map(([name, part]) => [
        name,
        named.test(name) && part !== null && part !== undefined ? replacement : value(part, depth + 1),
      ]),
    )
  }
  return { text, value: (given) => value(given) }
}

/** An error with its chain of causes. Parameters of a failed statement are records of a client: they stay out. */
function plainError(error: Error, value: (part: unknown) => unknown): Record<string, unknown> {
  const { code } = error as Error & { code?: unknown }
  const isStatement = error.message.startsWith('Failed query')
  return {
    type: error.name,
    message: isStatement ? 'a statement failed' : value(error.message),
    ...(code === undefined ? {} : { code }),
    ...(isStatement || error.stack === undefined ? {} : { stack: value(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: value(error.cause) }),
    ...(error instanceof AggregateError ? { errors: value(error.errors) } : {}),
  }
}
