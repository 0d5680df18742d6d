/** One comparison, or several tied together. */
export type Condition =
  | { kind: 'and'; of: Condition[] }
  | { kind: 'or'; of: Condition[] }
  | { kind: 'not'; of: Condition }
  | { kind: 'compare'; path: string; operator: Operator; value: Literal }
  | { kind: 'in'; path: string; isIn: boolean; values: Literal[] }

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'like'

/** Instants in seconds since 1970, with their fraction; dates as they were written. */
export type Literal =
  | { type: 'text' | 'date'; value: string }
  | { type: 'number' | 'instant'; value: number }
  | { type: 'boolean'; value: boolean }
  | { type: 'null'; value: null }

export type Query = {
  /** `count()` stands alone. */
  fields: string[]
  object: string
  where: Condition | null
  orderBy: { path: string; isDescending: boolean; areNullsLast: boolean }[]
  limit: number | null
  offset: number
}

/** What Salesforce calls MALFORMED_QUERY. */
export class MalformedQuery extends Error {}

const token =
  /\s*(?:('(?:\\.|[^'\\])*')|(\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})|\d{4}-\d{2}-\d{2}|-?\d+(?:\.\d+)?)|([A-Za-z_][\w.]*)|(<=|>=|!=|<>|[=<>(),]))/y

/**
 * Reads the part of SOQL that is needed here: SELECT … FROM … WHERE (AND, OR, NOT, comparisons, LIKE, IN) ORDER BY … LIMIT …
 * OFFSET …. Source: "SOQL SELECT Syntax" at https://developer.salesforce.com (read 2026-11-20). Throws `MalformedQuery`.
 */
export function parseSoql(text: string): Query {
  const words = new Words(tokensOf(text))
  words.expect('SELECT')
  const fields = fieldList(words)
  words.expect('FROM')
  const object = words.next()
  const where = words.take('WHERE') ? disjunction(words) : null
  const orderBy = words.take('ORDER') ? (words.expect('BY'), orders(words)) : []
  const limit = words.take('LIMIT') ? Number(words.next()) : null
  const offset = words.take('OFFSET') ? Number(words.next()) : 0
  if (!words.isAtEnd) throw new MalformedQuery(`unexpected token: '${words.next()}'`)
  return { fields, object, where, orderBy, limit, offset }
}

function tokensOf(text: string): string[] {
  const found: string[] = []
  token.lastIndex = 0
  while (token.lastIndex < text.trimEnd().length) {
    const at = token.lastIndex
    const match = token.exec(text)
    if (match === null) throw new MalformedQuery(`unexpected token: '${text.slice(at, at + 20).trim()}'`)
    found.push(match[0].trim())
  }
  return found
}

class Words {
  readonly #tokens: string[]
  #at = 0

  constructor(tokens: string[]) {
    this.#tokens = tokens
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  next(): string {
    const word = this.#tokens[this.#at]
    if (word === undefined) throw new MalformedQuery('unexpected token: <EOF>')
    this.#at += 1
    return word
  }

  take(word: string): boolean {
    const isNext = this.#tokens[this.#at]?.toUpperCase() === word
    if (isNext) this.#at += 1
    return isNext
  }

  expect(word: string): void {
    if (!this.take(word))
      throw new MalformedQuery(`expecting ${word}, found '${this.#tokens[this.#at] ?? '<EOF>'}'`)
  }
}

function fieldList(words: Words): string[] {
  const fields: string[] = []
  do {
    const name = words.next()
    if (!/^[A-Za-z]/.test(name)) throw new MalformedQuery(`unexpected token: '${name}'`)
    if (words.take('(')) words.expect(')')
    fields.push(name)
  } while (words.take(','))
  return fields
}

function disjunction(words: Words): Condition {
  const of = [conjunction(words)]
  while (words.take('OR')) of.push(conjunction(words))
  return single('or', of)
}

function conjunction(words: Words): Condition {
  const of = [negation(words)]
  while (words.take('AND')) of.push(negation(words))
  return single('and', of)
}

const single = (kind: 'and' | 'or', of: [Condition, ...Condition[]] | Condition[]): Condition =>
  of.length === 1 && of[0] !== undefined ? of[0] : { kind, of }

function negation(words: Words): Condition {
  if (words.take('NOT')) return { kind: 'not', of: negation(words) }
  if (!words.take('(')) return comparison(words)
  const inner = disjunction(words)
  words.expect(')')
  return inner
}

function comparison(words: Words): Condition {
  const path = words.next()
  const isNotIn = words.take('NOT')
  if (isNotIn || words.take('IN')) {
    if (isNotIn) words.expect('IN')
    return { kind: 'in', path, isIn: !isNotIn, values: listOf(words) }
  }
  const operator = words.next().toLowerCase().replace('<>', '!=')
  if (!isOperator(operator)) throw new MalformedQuery(`unexpected token: '${operator}'`)
  return { kind: 'compare', path, operator, value: literal(words.next()) }
}

const operators: readonly string[] = ['=', '!=', '<', '<=', '>', '>=', 'like']
const isOperator = (word: string): word is Operator => operators.includes(word)

function listOf(words: Words): Literal[] {
  words.expect('(')
  const values: Literal[] = []
  do values.push(literal(words.next()))
  while (words.take(','))
  words.expect(')')
  return values
}

function literal(word: string): Literal {
  if (word.startsWith("'")) return { type: 'text', value: word.slice(1, -1).replaceAll(/\\(.)/g, '$1') }
  if (/^\d{4}-\d{2}-\d{2}T/.test(word)) {
    const ms = Date.parse(word.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
    if (Number.isNaN(ms)) throw new MalformedQuery(`line 1: no viable alternative at '${word}'`)
    return { type: 'instant', value: ms / 1_000 }
  }
  if (/^\d{4}-/.test(word)) return { type: 'date', value: word }
  if (/^-?\d/.test(word)) return { type: 'number', value: Number(word) }
  if (/^(true|false)$/i.test(word)) return { type: 'boolean', value: word.toLowerCase() === 'true' }
  if (/^null$/i.test(word)) return { type: 'null', value: null }
  throw new MalformedQuery(`unexpected token: '${word}'`)
}

function orders(words: Words): Query['orderBy'] {
  const found: Query['orderBy'] = []
  do {
    const path = words.next()
    const isDescending = words.take('DESC')
    if (!isDescending) words.take('ASC')
    const areNullsLast = words.take('NULLS') && words.next().toUpperCase() === 'LAST'
    found.push({ path, isDescending, areNullsLast })
  } while (words.take(','))
  return found
}
