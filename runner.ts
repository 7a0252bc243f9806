#!/usr/bin/env tsx
import './native/require-node.js'

const { main } = await import('./runner/run-command-line.ts')
process.exitCode = await main(process.argv.slice(2))
