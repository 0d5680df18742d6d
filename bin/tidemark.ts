#!/usr/bin/env node
import './quick-start.ts'

const { main } = await import('./program.ts')
await main(process.argv)
