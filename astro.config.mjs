import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import node from '@astrojs/node'
import { defineConfig } from 'astro/config'
import { icons } from './src/components/icons.ts'

/** Whichever file of styles a page meets first, the order of their layers is this one. */
export const layerOrder = {
  name: 'layer-order',
  enforce: 'pre',
  transform: (code, id) =>
    /\/src\/styles\/[\w-]+\.css$/.test(id.split('?')[0])
      ? { code: `@layer reset, tokens, base, components, utilities;\n${code}`, map: null }
      : undefined,
}

/**
 * Draws all icons on one sheet, each under its name. Left alone where it is already so: the program is built anew when a source is
 * newer.
 */
function drawIcons() {
  const symbols = Object.entries(icons).map(symbol).join('')
  const sheet = `<svg xmlns="http://www.w3.org/2000/svg">${symbols}</svg>`
  const file = new URL('src/components/icons.svg', import.meta.url)
  if (!existsSync(file) || readFileSync(file, 'utf8') !== sheet) writeFileSync(file, sheet)
}

/** Lucide's strokes on their grid of 24; how thick they are, the styles say. */
function symbol([name, file]) {
  const svg = readFileSync(new URL(import.meta.resolve(`lucide-static/icons/${file}.svg`)), 'utf8')
  return `<symbol id="${name}" viewBox="0 0 24 24">${svg.replace(/^[^]*?<svg[^>]*>|<\/svg>\s*$|\n\s*/g, '')}</symbol>`
}

drawIcons()

// Rendered per request, inside our own HTTP server (src/server/main.ts), which hands every page its database.
export default defineConfig({
  output: 'server',
  // A page leaves when it is whole: one write instead of many, and one that fails on the way is answered as a failure.
  adapter: node({ mode: 'middleware', bodySizeLimit: 1_048_576, experimentalDisableStreaming: true }),
  trailingSlash: 'never',
  // A short name for the folder of what never changes: a page names its sheet of icons up to a hundred times.
  build: { inlineStylesheets: 'never', assets: '_' },
  // One file of styles for all pages: it is small, and there after the first.
  vite: { build: { assetsInlineLimit: 0, cssCodeSplit: false }, plugins: [layerOrder] },
  // Our own check is stricter and knows the address people use: src/server/same-origin.ts.
  security: { checkOrigin: false },
  devToolbar: { enabled: false },
  telemetry: false,
})
