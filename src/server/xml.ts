import { SaxesParser } from 'saxes'
import type { XmlElement } from '../../drizzle/schema/nudges.ts'

const deepest = 32
const mostElements = 20_000

/**
 * Reads a document by its elements, names without their prefix. Undefined when it is not well-formed, is too large to be what a CRM
 * sends, or brings a document type: that is how entities grow without end.
 */
export function parseXml(text: string): XmlElement | undefined {
  const parser = new SaxesParser({ xmlns: true, position: false })
  const root: XmlElement = { name: '', attributes: {}, text: '', children: [] }
  const open = [root]
  let elements = 0
  parser.on('doctype', refuse)
  parser.on('error', refuse)
  parser.on('opentag', ({ local, attributes }) => {
    elements += 1
    if (elements > mostElements || open.length > deepest) refuse()
    const named = Object.values(attributes).map((attribute) => [attribute.local, attribute.value])
    const element = { name: local, attributes: Object.fromEntries(named), text: '', children: [] }
    open.at(-1)?.children.push(element)
    open.push(element)
  })
  const add = (more: string) => {
    const element = open.at(-1)
    if (element !== undefined) element.text += more
  }
  parser.on('text', add)
  parser.on('cdata', add)
  parser.on('closetag', () => void open.pop())
  try {
    parser.write(text).close()
    return root.children[0]
  } catch {
    return undefined
  }
}

function refuse(): never {
  throw new Error('this is no document that a CRM sends')
}
