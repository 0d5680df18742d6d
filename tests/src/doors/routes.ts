import { readFileSync } from 'node:fs'

/** Brought along by Astro; the guard answers them as if they were not there. */
export const astroRoutes = ['/_image', '/_server-islands/[name]']

/** Answers to failures; nobody asks for them. */
export const systemRoutes = ['/403', '/404', '/409', '/429', '/500', '/503']

/** Every address pattern that the built router knows, read from the router itself. */
export function builtRoutes(): string[] {
  const entry = readFileSync(new URL('../../../dist/server/entry.mjs', import.meta.url), 'utf8')
  const found = [...entry.matchAll(/"route":"([^"]+)"/g)].map(([, route = '']) => route)
  return [...new Set(found)].toSorted()
}
