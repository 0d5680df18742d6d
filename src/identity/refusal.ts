/** The library's word for "no", such as `INVALID_PASSWORD`; undefined for a failure of ours. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined
  const { statusCode } = error
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode >= 500) return undefined
  const body: unknown = 'body' in error ? error.body : undefined
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
  return typeof code === 'string' ? code : 'REFUSED'
}

/** What a call of the library gave, or its word for "no". Failures of ours are thrown on. */
export async function orRefusal<T>(
  call: Promise<T>,
): Promise<{ kind: 'done'; answer: T } | { kind: 'refused'; code: string }> {
  try {
    return { kind: 'done', answer: await call }
  } catch (error) {
    const code = refusalOf(error)
    if (code === undefined) throw error
    return { kind: 'refused', code }
  }
}
