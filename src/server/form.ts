/** The text fields of a posted form, each once; nothing when the body is no form. Files are left out. */
export async function formOf(request: Request): Promise<Partial<Record<string, string>>> {
  const fields = await request.formData().catch(() => new FormData())
  return Object.fromEntries(
    [...fields].filter((field): field is [string, string] => typeof field[1] === 'string'),
  )
}
