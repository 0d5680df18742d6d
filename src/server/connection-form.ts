import type { ConnectorForm } from '../commands/add-connection.ts'
import { aboutFields } from '../domain/set-up.ts'

/** What a form about a connection holds: `secret.webKey`, `setting.timeZone`, `name`, `baseUrl`. */
export type ConnectionFields = {
  name: string
  baseUrl: string | null
  settings: Record<string, unknown>
  secrets: Record<string, string>
}

/** The labels of the fields that something is wrong with, by the ids they have in a form called `of`. */
export function labelsOfWrong(
  wrong: Record<string, string>,
  { secrets }: Pick<ConnectorForm, 'secrets'>,
  of: string,
): Record<string, string> {
  const about = Object.entries(aboutFields).map(([field, { id, label }]) => [field, `${of}-${id}`, label])
  const keys = Object.entries(secrets).map(([field, label]) => [`secrets.${field}`, `secret-${field}`, label])
  return Object.fromEntries(
    [...about, ...keys].flatMap(([field = '', id = '', label = '']) => (field in wrong ? [[id, label]] : [])),
  )
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
