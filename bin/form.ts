import { misuse, Refusal } from './exit.ts'

/** A form that was refused, as one message: a line per field. */
export function invalid(what: string, fields: Record<string, string>, deed = 'added'): Refusal {
  const lines = Object.entries(fields).map(([field, problem]) => `  - ${field}: ${problem}`)
  return misuse(`The ${what} was not ${deed}:\n${lines.join('\n')}`)
}
