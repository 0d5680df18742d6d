import { fleeting } from './list-address.ts'

/** What a form has to carry along, besides the fields it shows. */
export function keptBeside(search: URLSearchParams, shown: readonly string[]): [string, string][] {
  return [...search].filter(([name, value]) => !shown.includes(name) && !fleeting.has(name) && value !== '')
}
