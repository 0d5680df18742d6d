#!/usr/bin/env node
import './quick-start.mjs'

const { main } = await import('./program.ts')
await main(process.argv)
