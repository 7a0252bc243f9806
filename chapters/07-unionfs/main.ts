#!/usr/bin/env tsx
import { argv, ProgramError } from '../../native/index.ts'
import { commit } from './commands/commit.ts'
import { exec } from './commands/exec.ts'
import { images } from './commands/images.ts'
import { inspect } from './commands/inspect.ts'
import { logs } from './commands/logs.ts'
import { ps } from './commands/ps.ts'
import { reap } from './commands/reap.ts'
import { rm } from './commands/rm.ts'
import { run } from './commands/run.ts'
import { stop } from './commands/stop.ts'
import { sweep } from './sweep.ts'

const commands = { run, exec, ps, stop, rm, logs, images, inspect, commit, reap }
const isCommand = (name: string): name is keyof typeof commands => Object.hasOwn(commands, name)

const [name, ...args] = argv(`<${Object.keys(commands).slice(0, -1).join('|')}> [argument...]`)
if (!isCommand(name)) throw new ProgramError(`there is no command ${JSON.stringify(name)}; see --help`)

await sweep()
process.exitCode = await commands[name](args, import.meta.filename)
