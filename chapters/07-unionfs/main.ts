#!/usr/bin/env tsx
import { argv } from '../../native/index.ts'
import { commandOf, showCommands } from './command.ts'
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

const commands = {
  run: { act: run, help: 'a new container of an image' },
  exec: { act: exec, help: 'another command in a container, or in the saved files of one that has ended' },
  ps: { act: ps, help: 'the containers there are' },
  stop: { act: stop, help: 'end containers' },
  rm: { act: rm, help: 'remove containers and what they have changed' },
  logs: { act: logs, help: 'what a detached container has written' },
  images: { act: images, help: 'what containers can be made of' },
  inspect: { act: inspect, help: 'all that is known of containers, as JSON' },
  commit: { act: commit, help: 'make an image of what a container has changed' },
  reap: { act: reap }, // not for people: what the shim of a detached container becomes in the end
}

showCommands('skdocker', commands)
const [name, ...args] = argv('<command> [argument...]')
const { act } = commandOf(name, commands)
await sweep()
process.exitCode = await act(args, import.meta.filename)
