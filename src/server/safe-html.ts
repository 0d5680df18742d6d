import sanitize from 'sanitize-html'
import { marked } from '../domain/search.ts'

/** More of a note than this is never read. */
export const longestHtml = 256 * 1024

/** Deeper nesting is flattened: a parser's time grows with it. */
const deepest = 30

const inline = ['a', 'b', 'i', 'u', 's', 'em', 'strong', 'small', 'sub', 'sup', 'code', 'span']
const block = ['p', 'div', 'br', 'hr', 'ul', 'ol', 'li', 'blockquote', 'pre']
const headings = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6']

/** Elements whose text is no text for readers, or whose content another parser could read as something else. */
const nonText = [
  'style',
  'script',
  'textarea',
  'option',
  'noscript',
  'xmp',
  'title',
  'template',
  'iframe',
  'noembed',
  'noframes',
  'plaintext',
  'svg',
  'math',
]

/**
 * HTML that a CRM sent, made harmless: text with simple structure and links that lead away openly. No styles, classes, ids,
 * pictures, forms or frames. `terms` are marked. What is kept in the database stays as it came.
 */
export function safeHtml(raw: string, terms: readonly string[] = []): string {
  const harmless = sanitize(cut(raw), {
    allowedTags: [...inline, ...block],
    allowedAttributes: { a: ['href', 'rel'] },
    allowedSchemes: ['http', 'https', 'mailto'],
    allowProtocolRelative: false,
    nonTextTags: nonText,
    nestingLimit: deepest,
    enforceHtmlBoundary: false,
    transformTags: {
      a: (tagName, { href }) => ({
        tagName,
        attribs: { ...(href !== undefined && { href, rel: 'noopener noreferrer nofollow' }) },
      }),
      // A note must not add to the headings of the page it is shown on.
      ...Object.fromEntries(headings.map((heading) => [heading, 'p'])),
    },
    exclusiveFilter: ({ tag, text }) => tag === 'a' && text.trim() === '',
  })
  if (terms.length === 0) return harmless
  // What the sanitiser wrote holds no angle bracket but those of its own tags.
  return harmless
    .split(/(<[^>]*>)/)
    .map((part, index) => (index % 2 === 1 ? part : markedHtml(plain(part), terms)))
    .join('')
}

/** The words of a note without its HTML, one line per paragraph. */
export function plainText(raw: string): string {
  const broken = cut(raw).replaceAll(/<(?=br|\/?(p|div|li|ul|ol|h\d|tr|table|blockquote|pre|hr)\b)/gi, '\n<')
  const text =
    raw.includes('<') || raw.includes('&')
      ? sanitize(broken, {
          allowedTags: [],
          allowedAttributes: {},
          nonTextTags: nonText,
          nestingLimit: deepest,
        })
      : broken
  return plain(text)
    .replaceAll(/[^\S\n]+/g, ' ')
    .replaceAll(/ ?\n[\n ]*/g, '\n')
    .trim()
}

/** Text as HTML, with the terms marked. */
function markedHtml(text: string, terms: readonly string[]): string {
  return marked(text, terms)
    .map((piece) => (piece.isHit ? `<mark>${escaped(piece.text)}</mark>` : escaped(piece.text)))
    .join('')
}

const cut = (raw: string) => raw.slice(0, longestHtml)

/** Exactly what the sanitiser escapes in text, undone. */
const plain = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
