#!/usr/bin/env tsx
import { main } from './runner/run-command-line.ts'

process.exitCode = await main(process.argv.slice(2))
