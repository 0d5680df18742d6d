import type { ConnectorForm } from '../commands/add-connection.ts'

/** What a form about a connection holds: `secret.webKey`, `setting.timeZone`, `name`, `baseUrl`. */
export type ConnectionFields = {
  name: string
  baseUrl: string | null
  settings: Record<string, unknown>
  secrets: Record<string, string>
}

/** Takes a posted form apart. Secrets are trimmed: keys are pasted with the line break of the page they stood on. */
export function connectionFieldsOf(
  form: Partial<Record<string, string>>,
  { secrets }: Pick<ConnectorForm, 'secrets'>,
): ConnectionFields {
  const timeZone = form['setting.timeZone']?.trim()
  return {
    name: form['name']?.trim() ?? '',
    baseUrl: form['baseUrl']?.trim() || null,
    settings: timeZone ? { timeZone } : {},
    secrets: Object.fromEntries(
      Object.keys(secrets).map((field) => [field, form[`secret.${field}`]?.trim() ?? '']),
    ),
  }
}
