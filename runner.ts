import { Command } from 'commander'
import { addCheck } from './runner/commands/check.ts'

const program = new Command('skdocker')
addCheck(program)
await program.parseAsync()
