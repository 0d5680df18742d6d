const mustBeQuoted = /[{}",\\\s]|^$|^null$/i
const mustBeEscaped = /["\\]/g

/**
 * Values as the text of a Postgres array, for one parameter per column. Objects become JSON. Written here because the driver
 * quotes and escapes every element, most of which are ids, digests, numbers and dates; that was a tenth of a first load's time.
 */
export function arrayLiteral(values: readonly unknown[]): string {
  let literal = '{'
  for (let at = 0; at < values.length; at += 1) literal += (at === 0 ? '' : ',') + element(values[at])
  return `${literal}}`
}

function element(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  const text =
    typeof value === 'string'
      ? value
      : typeof value === 'object'
        ? JSON.stringify(value)
        : `${value as number | bigint | boolean}`
  return mustBeQuoted.test(text) ? `"${text.replace(mustBeEscaped, '\\$&')}"` : text
}
