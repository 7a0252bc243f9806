#!/usr/bin/env tsx
import { main } from './runner/main.ts'

process.exitCode = await main(process.argv.slice(2))
