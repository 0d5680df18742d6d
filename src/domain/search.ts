/** Longer questions are cut here. */
export const longestSearch = 200

const mostTerms = 10

/** What somebody searches for, as it is kept in the address: one line, without control characters, at most 200 characters. */
export function tidySearch(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()
  return line.slice(0, longestSearch).toWellFormed().trim()
}

/** The words and "quoted phrases" of a search; all of them must be found. At most ten, each once. */
export function termsOf(search: string): string[] {
  const found = [...search.matchAll(/["“”]([^"“”]+)["“”]?|([^\s"“”]+)/g)]
  const terms = found.map(([, phrase, word]) => (phrase ?? word ?? '').trim()).filter((term) => term !== '')
  return [...new Map(terms.map((term) => [term.toLowerCase(), term])).values()].slice(0, mostTerms)
}

/** A stretch of a text; hits are what was searched for. */
export type Piece = { text: string; isHit: boolean }

/** The text in pieces, so that the hits can be marked. Together the pieces are the text. */
export function marked(text: string, terms: readonly string[]): Piece[] {
  if (terms.length === 0 || text === '') return [{ text, isHit: false }]
  const parts = text.split(patternOf(terms))
  return parts
    .map((part, index) => ({ text: part, isHit: index % 2 === 1 }))
    .filter((piece) => piece.text !== '')
}

/** Where the first hit begins; -1 when there is none. */
export function firstHit(text: string, terms: readonly string[]): number {
  return terms.length === 0 ? -1 : text.search(patternOf(terms))
}

/** Every term as it stands, in whatever case and with whatever space between its words. Longer ones first, so that they win. */
function patternOf(terms: readonly string[]): RegExp {
  const words = terms.toSorted((a, b) => b.length - a.length).map(literal)
  return new RegExp(`(${words.join('|')})`, 'iu')
}

const literal = (term: string) => RegExp.escape(term).replaceAll(/(\\x20|\s)+/g, '\\s+')
