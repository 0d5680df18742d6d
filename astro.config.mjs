import node from '@astrojs/node'
import { defineConfig } from 'astro/config'

// Rendered per request, inside our own HTTP server (src/server/main.ts), which hands every page its database.
export default defineConfig({
  output: 'server',
  adapter: node({ mode: 'middleware', bodySizeLimit: 1_048_576 }),
  devToolbar: { enabled: false },
  telemetry: false,
})
