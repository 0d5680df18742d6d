import { StreamError } from '../../errors.ts'

/** One field and what ends it: quoted with doubled quotes, or bare. */
const field = /(?:"([^"]*(?:""[^"]*)*)"|([^",\n\r]*))(,|\r?\n|$)/y

/**
 * The lines of a CSV text (RFC 4180), each with as many fields as the first. Strict: a quote in a bare field, text behind a closing
 * quote, a field that is never closed and a line of another length are a `StreamError` (`E_CRM_BAD_REPLY`), for a guess would put
 * values under the names of others. An answer's own limit of size bounds the text.
 */
export function readCsv(text: string): string[][] {
  const lines: string[][] = []
  let line: string[] = []
  field.lastIndex = 0
  while (field.lastIndex < text.length || line.length > 0) {
    const found = field.exec(text)
    if (found === null) throw broken(lines.length, 'it has a stray or an open quote')
    const [, quoted, bare = '', end] = found
    line.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    if (line.length !== (lines[0] ?? line).length) throw broken(lines.length, `it has ${line.length} fields`)
    lines.push(line)
    line = []
  }
  return lines
}

const broken = (at: number, why: string): StreamError =>
  new StreamError('E_CRM_BAD_REPLY', `line ${at + 1} of the CSV cannot be read: ${why}`)
