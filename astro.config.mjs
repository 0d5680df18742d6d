import node from '@astrojs/node'
import { defineConfig } from 'astro/config'

/** Whichever file of styles a page meets first, the order of their layers is this one. */
export const layerOrder = {
  name: 'layer-order',
  enforce: 'pre',
  transform: (code, id) =>
    /\/src\/styles\/[\w-]+\.css$/.test(id.split('?')[0])
      ? { code: `@layer reset, tokens, base, components, utilities;\n${code}`, map: null }
      : undefined,
}

// Rendered per request, inside our own HTTP server (src/server/main.ts), which hands every page its database.
export default defineConfig({
  output: 'server',
  // A page leaves when it is whole: one write instead of many, and one that fails on the way is answered as a failure.
  adapter: node({ mode: 'middleware', bodySizeLimit: 1_048_576, experimentalDisableStreaming: true }),
  trailingSlash: 'never',
  build: { inlineStylesheets: 'never' },
  // One file of styles for all pages: it is small, and there after the first.
  vite: { build: { assetsInlineLimit: 0, cssCodeSplit: false }, plugins: [layerOrder] },
  // Our own check is stricter and knows the address people use: src/server/same-origin.ts.
  security: { checkOrigin: false },
  devToolbar: { enabled: false },
  telemetry: false,
})
