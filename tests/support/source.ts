import { readFileSync, readdirSync } from 'node:fs'
import { join, posix, relative } from 'node:path'
import ts from 'typescript'

/** Source files by path from the root of the checkout, with `/` on every system. */
export type Tree = ReadonlyMap<string, string>

/** An import of one file by another; `typeOnly` ones are gone when the program runs. */
export type Import = { from: string; to: string; typeOnly: boolean }

const root = join(import.meta.dirname, '../..')

/** Every source file below these folders; folders that do not exist yet hold none. */
export function readTree(folders: readonly string[]): Tree {
  const tree = new Map<string, string>()
  for (const folder of folders) {
    for (const name of filesBelow(folder)) {
      const path = posix.join(folder, name.replaceAll('\\', '/'))
      if (/\.(ts|mjs|astro)$/.test(path)) tree.set(path, readFileSync(join(root, path), 'utf8'))
    }
  }
  return tree
}

function filesBelow(folder: string): string[] {
  try {
    const found = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    // A folder of Astro's own is called `.astro`.
    return found
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(join(root, folder), join(parentPath, name)))
  } catch {
    return []
  }
}

/** The TypeScript of a file: of an Astro file, what stands between its fences and in its scripts. */
export function parse(path: string, text: string): ts.SourceFile {
  const fenced = /^---\n([\s\S]*?)\n---/.exec(text)?.[1] ?? ''
  const scripts = [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1])
  const code = path.endsWith('.astro') ? [fenced, ...scripts].join('\n') : text
  return ts.createSourceFile(path, code, ts.ScriptTarget.Latest, true)
}

/** What a file imports: our own files as paths from the root, packages (and Node's own modules) as `npm:name`. */
export function importsOf(source: ts.SourceFile): Import[] {
  return [...nodesOf(source)].flatMap((node) => {
    const specifier = specifierOf(node)
    if (specifier === undefined) return []
    const to = specifier.startsWith('.')
      ? posix.join(posix.dirname(source.fileName), specifier.replace(/\?.*$/, ''))
      : `npm:${/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier}`
    return [{ from: source.fileName, to, typeOnly: isTypeOnly(node) }]
  })
}

/** Every node of a file, parents before children. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node
  for (const child of node.getChildren()) yield* nodesOf(child)
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)
      ? node.moduleSpecifier.text
      : undefined
  }
  if (ts.isImportTypeNode(node)) {
    const { argument } = node
    return ts.isLiteralTypeNode(argument) && ts.isStringLiteral(argument.literal)
      ? argument.literal.text
      : undefined
  }
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return undefined
  const [argument] = node.arguments
  return argument && ts.isStringLiteralLike(argument) ? argument.text : undefined
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportTypeNode(node)) return true
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  if (!ts.isImportDeclaration(node) || !node.importClause) return false
  const { phaseModifier, name, namedBindings } = node.importClause
  if (phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const named = namedBindings && ts.isNamedImports(namedBindings) ? namedBindings.elements : undefined
  return !name && named !== undefined && named.length > 0 && named.every((element) => element.isTypeOnly)
}
