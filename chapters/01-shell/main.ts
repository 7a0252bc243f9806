/** A shell: read a line, clone a child for each command in it, wait for them. */

import { writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { clone, getopt, libc } from '#native/index.ts'
import { SIGCHLD, SIGINT } from '#native/linux.ts'
import { close, dup2, setpgid } from '#native/steps.ts'
import { runBuiltin } from './builtins.ts'
import { become } from './child.ts'
import { complain } from './complain.ts'
import { background, foreground } from './job.ts'
import { type Pipeline, parse } from './parse.ts'
import { readLine } from './read-line.ts'

const c = { type: 'string', short: 'c', valueName: 'TEXT', help: 'run TEXT, not what stdin says' } as const
const text = getopt('', { c }).options.c
const interactive = text === undefined && isatty(0)
let status = 0

/** Starts every command of a pipeline before any is waited for. */
const start = (pipeline: Pipeline, pids: number[]): void => {
  const pipes = pipeline.commands.slice(1).map(() => libc.pipe2())
  try {
    for (const [index, command] of pipeline.commands.entries()) {
      const child = [
        ...(pipeline.background ? [setpgid(0, 0)] : []), // out of reach of Ctrl-C
        dup2(pipes[index - 1]?.[0] ?? 0, 0),
        dup2(pipes[index]?.[1] ?? 1, 1),
        ...pipes.flat().map(close), // a pipe ends when nobody can write to it any more
        ...become(command, status),
      ]
      pids.push(clone(child, SIGCHLD))
    }
  } finally {
    for (const end of pipes.flat()) libc.close(end)
  }
}

/** Runs a pipeline. Returns the signal that ended it, if that is meant for the shell as well. */
const run = async (pipeline: Pipeline): Promise<number | undefined> => {
  const pids: number[] = []
  let failure = 0
  try {
    if (!runBuiltin(pipeline, status)) start(pipeline, pids)
  } catch (error) {
    failure = complain(error)
  }
  if (pipeline.background && interactive) writeSync(2, `${pids.join(' ')}\n`)
  const ended = await (pipeline.background ? background(pids) : foreground(pids))
  status = failure || ended.status
  return ended.signal
}

const obey = async (line: string): Promise<void> => {
  try {
    for (const pipeline of parse(line)) {
      const signal = await run(pipeline)
      if (signal === undefined) continue
      if (signal !== SIGINT || !interactive) process.exit(status)
      return void writeSync(2, '\n')
    }
  } catch (error) {
    status = complain(error) // it is the syntax, and what follows may mean anything
    if (!interactive) process.exit(status)
  }
}

// Ctrl-C and Ctrl-\ are for the job.
if (interactive) for (const signal of ['SIGINT', 'SIGQUIT']) process.on(signal, () => {})

if (text !== undefined) await obey(text)
else for (let line = await readLine(); line !== ''; line = await readLine()) await obey(line)

if (interactive) writeSync(2, '\n')
process.exit(status) // not exitCode: what is in the background goes on without us
