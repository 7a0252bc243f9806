/** A shell: it reads a line, clones a child for each command in it, and waits for them. */

import { writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { clone, getopt, libc } from '#native/index.ts'
import { SIGCHLD, SIGINT, STDERR_FILENO, STDIN_FILENO } from '#native/linux.ts'
import { close, dup2, setpgid } from '#native/steps.ts'
import { commandSteps } from './command-steps.ts'
import { leaveInBackground, waitInForeground } from './job.ts'
import { runBuiltin } from './lib/builtins.ts'
import { type Pipeline, parse } from './lib/parser.ts'
import { readLine } from './lib/read-line.ts'
import { reportError } from './lib/report-error.ts'

const c = { type: 'string', short: 'c', valueName: 'TEXT', help: 'run TEXT, not what stdin says' } as const
const text = getopt('', { c }).options.c
const interactive = text === undefined && isatty(STDIN_FILENO)
let status = 0 // of the last pipeline: $?

/** Starts all commands of a pipeline before it waits for any, because each reads what the one before it writes. */
const startCommands = (pipeline: Pipeline, pids: number[]): void => {
  const pipes = pipeline.commands.slice(1).map(() => libc.pipe2())
  try {
    for (const [index, command] of pipeline.commands.entries()) {
      const child = [
        ...(pipeline.background ? [setpgid(0, 0)] : []), // Ctrl-C does not reach it there
        dup2(pipes[index - 1]?.[0] ?? 0, 0),
        dup2(pipes[index]?.[1] ?? 1, 1),
        ...pipes.flat().map(close), // a pipe ends when nobody can write to it any more
        ...commandSteps(command, status),
      ]
      pids.push(clone(child, SIGCHLD))
    }
  } finally {
    for (const end of pipes.flat()) libc.close(end)
  }
}

/** Runs a pipeline. Returns the signal that ended it, if the shell must end or start a new line because of it. */
const runPipeline = async (pipeline: Pipeline): Promise<number | undefined> => {
  const pids: number[] = []
  let failure = 0
  try {
    if (!runBuiltin(pipeline, status)) startCommands(pipeline, pids)
  } catch (error) {
    failure = reportError(error)
  }
  if (pipeline.background && interactive) writeSync(STDERR_FILENO, `${pids.join(' ')}\n`)
  const job = await (pipeline.background ? leaveInBackground(pids) : waitInForeground(pids))
  status = failure || job.status
  return job.signal
}

const runLine = async (line: string): Promise<void> => {
  try {
    for (const pipeline of parse(line)) {
      const signal = await runPipeline(pipeline)
      if (signal === undefined) continue
      if (signal !== SIGINT || !interactive) process.exit(status)
      return void writeSync(STDERR_FILENO, '\n')
    }
  } catch (error) {
    status = reportError(error)
    if (!interactive) process.exit(status) // after a syntax error nobody knows what the rest of a script means
  }
}

// Ctrl-C and Ctrl-\ are meant for the job, so they must not end an interactive shell.
if (interactive) for (const signal of ['SIGINT', 'SIGQUIT']) process.on(signal, () => {})

if (text !== undefined) await runLine(text)
else for (let line = await readLine(); line !== ''; line = await readLine()) await runLine(line)

if (interactive) writeSync(STDERR_FILENO, '\n')
process.exit(status) // process.exitCode would wait for the jobs in the background
