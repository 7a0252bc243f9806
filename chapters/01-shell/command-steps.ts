/** The steps by which a child becomes a command of the shell. */

import { constants } from 'node:fs'
import { cleanStart } from '#native/clean-start.ts'
import { close, exec, open, type Step } from '#native/steps.ts'
import { isBuiltin } from './lib/builtins.ts'
import { expand, expandAll } from './lib/expand.ts'
import type { Command, Redirection } from './lib/parser.ts'

const { O_APPEND, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } = constants

const OPEN_FLAGS = {
  '<': O_RDONLY,
  '>': O_WRONLY | O_CREAT | O_TRUNC,
  '>>': O_WRONLY | O_CREAT | O_APPEND,
} as const

const redirect = ({ fd, operator, file }: Redirection, status: number): Step[] => [
  close(fd), // now it is the lowest free descriptor, and open(2) returns that
  open(expand(file, status), OPEN_FLAGS[operator], 0o666),
]

// `node --import tsx` searches tsx from the working directory, which cd may have changed.
const nodeOptions = process.execArgv.map(option =>
  option.replace(/^(--import=)?tsx$/, (_, before = '') => before + import.meta.resolve('tsx')),
)

/**
 * A subshell is the shell in a process of its own. In C that is fork(2), and the child goes on with the text that the
 * parent has read. Node cannot fork, so the child is this program once more, and it gets the text to read it again.
 */
const subshell = (text: string): Step[] => {
  const [, program = ''] = process.argv
  return exec([process.execPath, ...nodeOptions, program, '-c', text])
}

/**
 * The steps by which a child becomes a command.
 * @param status the value of $?
 * @throws ProgramError when the command cannot be expressed as steps
 */
export const commandSteps = (command: Command, status: number): Step[] => {
  const redirections = command.redirections.flatMap(one => redirect(one, status))
  // open(2) of a FIFO waits for the other end. clone() has blocked all signals, so cleanStart() comes first to let a
  // signal end that wait.
  if (redirections.length > 0) redirections.unshift(...cleanStart())
  if (command.type === 'subshell') return [...redirections, ...subshell(command.text)]
  const words = expandAll(command.words, status)
  if (isBuiltin(words[0])) return [...redirections, ...subshell(command.text)]
  if (words.length === 0) return redirections
  const assigned = command.assignments.map(({ name, value }) => [name, expand(value, status)])
  return [...redirections, ...exec(words, { ...process.env, ...Object.fromEntries(assigned) })]
}
