/** The tool's commands: which there are, and where each lies. */

import { argv } from '#native/index.ts'
import { findCommand, showCommands } from './find-command.ts'
import { sweep } from './sweep.ts'

// Each command is loaded when it is asked for: a file takes Node one to three milliseconds, and most commands need few.
const commands = {
  run: {
    load: async () => (await import('./commands/run.ts')).run,
    help: 'a new container of an image',
  },
  exec: {
    load: async () => (await import('./commands/exec.ts')).exec,
    help: 'another command in a container, or in the saved files of one that has ended',
  },
  ps: {
    load: async () => (await import('./commands/ps.ts')).ps,
    help: 'the containers there are',
  },
  stop: {
    load: async () => (await import('./commands/stop.ts')).stop,
    help: 'end containers',
  },
  rm: {
    load: async () => (await import('./commands/rm.ts')).rm,
    help: 'remove containers and what they have changed',
  },
  logs: {
    load: async () => (await import('./commands/logs.ts')).logs,
    help: 'what a detached container has written',
  },
  images: {
    load: async () => (await import('./commands/images.ts')).images,
    help: 'what containers can be made of',
  },
  rmi: {
    load: async () => (await import('./commands/rmi.ts')).rmi,
    help: 'remove images',
  },
  inspect: {
    load: async () => (await import('./commands/inspect.ts')).inspect,
    help: 'all that is known of containers, as JSON',
  },
  commit: {
    load: async () => (await import('./commands/commit.ts')).commit,
    help: 'make an image of what a container has changed',
  },
  cleanup: {
    load: async () => (await import('./commands/cleanup.ts')).cleanup,
    help: '', // not for people: the shim of a detached container execs it in the end
  },
}

// The caller may have a umask of 077, but the users of a container must be able to read the files that are made for it.
process.umask(0o022)
showCommands('skdocker', commands)
const [name, ...args] = argv('<command> [argument...]')
const { load } = await findCommand(name, commands)
await sweep()
const runCommand = await load()
process.exitCode = await runCommand(args)
