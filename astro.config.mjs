import { readFileSync } from 'node:fs'
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

/** What the icons look like, in the one file of styles: a page names them, however often it shows them. */
export const iconStyles = {
  name: 'icon-styles',
  enforce: 'pre',
  transform: (code, id) =>
    id.split('?')[0].endsWith('/src/styles/icons.css')
      ? {
          code: `${code}@layer components {\n${Object.entries(icons).map(iconRule).join('\n')}\n}\n`,
          map: null,
        }
      : undefined,
}

/** Lucide's strokes on their grid of 24, a little finer than Lucide draws them. */
function iconRule([name, file]) {
  const svg = readFileSync(new URL(import.meta.resolve(`lucide-static/icons/${file}.svg`)), 'utf8')
  const strokes = svg.replace(/^[^]*?<svg[^>]*>|<\/svg>\s*$|\n\s*/g, '')
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#000" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${strokes}</svg>`
  const address = drawn.replaceAll('"', "'").replace(/[%#<>]/g, encodeURIComponent)
  return `[data-icon='${name}'] { --icon: url("data:image/svg+xml,${address}") }`
}

// Rendered per request, inside our own HTTP server (src/server/main.ts), which hands every page its database.
export default defineConfig({
  output: 'server',
  // A page leaves when it is whole: one write instead of many, and one that fails on the way is answered as a failure.
  adapter: node({ mode: 'middleware', bodySizeLimit: 1_048_576, experimentalDisableStreaming: true }),
  trailingSlash: 'never',
  build: { inlineStylesheets: 'never' },
  // One file of styles for all pages: it is small, and there after the first.
  vite: { build: { assetsInlineLimit: 0, cssCodeSplit: false }, plugins: [layerOrder, iconStyles] },
  // Our own check is stricter and knows the address people use: src/server/same-origin.ts.
  security: { checkOrigin: false },
  devToolbar: { enabled: false },
  telemetry: false,
})
