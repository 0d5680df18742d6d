/** Longer than any form of ours is; taking a form of a million fields apart would keep everybody else waiting. */
const mostCharacters = 65_536

/** The fields of a posted form, each once; nothing when the body is no form, or a longer one than we have. */
export async function formOf(request: Request): Promise<Partial<Record<string, string>>> {
  const isForm = request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded')
  const text = isForm ? await request.text().catch(() => '') : ''
  return text.length > mostCharacters ? {} : Object.fromEntries(new URLSearchParams(text))
}
