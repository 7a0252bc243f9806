/** What a child does on the way to its command. */

import { constants } from 'node:fs'
import { cleanStart } from '#native/clean-start.ts'
import { close, exec, open, type Step } from '#native/steps.ts'
import { isBuiltin } from './builtins.ts'
import { expand, expandAll } from './expand.ts'
import type { Command, Redirection } from './parse.ts'

const { O_APPEND, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } = constants

const HOW = {
  '<': O_RDONLY,
  '>': O_WRONLY | O_CREAT | O_TRUNC,
  '>>': O_WRONLY | O_CREAT | O_APPEND,
} as const

const redirect = ({ fd, how, file }: Redirection, status: number): Step[] => [
  close(fd), // and now it is the lowest one that is free, which is what open(2) returns
  open(expand(file, status), HOW[how], 0o666),
]

// `node --import tsx` looks for tsx from the working directory, which may be another by then.
const nodeOptions = process.execArgv.map(option =>
  option.replace(/^(--import=)?tsx$/, (_, before = '') => before + import.meta.resolve('tsx')),
)

/**
 * A subshell is the shell in a process of its own. In C that is fork(2), and the child goes on with the text it has
 * already read; Node cannot fork, so it is this program once more, given the text to read again.
 */
const subshell = (text: string): Step[] => exec([process.execPath, ...nodeOptions, process.argv[1]!, '-c', text])

/**
 * The steps by which a child becomes a command.
 * @param status what $? stands for
 * @throws ProgramError
 */
export const become = (command: Command, status: number): Step[] => {
  const redirections = command.redirections.flatMap(one => redirect(one, status))
  // A FIFO keeps open(2) waiting for its other end, and a signal must be able to end that.
  if (redirections.length > 0) redirections.unshift(...cleanStart())
  if (command.type === 'subshell') return [...redirections, ...subshell(command.text)]
  const words = expandAll(command.words, status)
  if (isBuiltin(words[0])) return [...redirections, ...subshell(command.text)]
  if (words.length === 0) return redirections
  const assigned = command.assignments.map(({ name, value }) => [name, expand(value, status)])
  return [...redirections, ...exec(words, { ...process.env, ...Object.fromEntries(assigned) })]
}
