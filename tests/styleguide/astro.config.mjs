import { defineConfig } from 'astro/config'
import { layerOrder } from '../../astro.config.mjs'

// A site of its own, so that none of it is in the program: npm run styleguide.
export default defineConfig({
  srcDir: '.',
  outDir: '../../artifacts/styleguide',
  publicDir: '../../public',
  cacheDir: '../../node_modules/.astro-styleguide',
  build: { inlineStylesheets: 'never' },
  vite: { plugins: [layerOrder] },
  devToolbar: { enabled: false },
  telemetry: false,
})
