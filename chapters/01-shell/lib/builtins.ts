/** The commands that the shell carries out itself, because they change the shell, and a child can only change itself. */

import { ProgramError } from '#native/index.ts'
import { expand, expandAll } from './expand.ts'
import type { Pipeline } from './parser.ts'
import { reportError } from './report-error.ts'

const FAILED = 1
const WRONG_USE = 2

const cd = ([directory = process.env.HOME, ...others]: string[]): void => {
  if (directory === undefined) throw new ProgramError('cd: HOME is not set', FAILED)
  if (others.length > 0) throw new ProgramError('cd: there is more than one directory', FAILED)
  try {
    process.chdir(directory)
  } catch (error) {
    throw new ProgramError(`cd: ${(error as Error).message}`, FAILED)
  }
  process.env.PWD = process.cwd()
}

const exit = ([code, ...others]: string[], status: number): never => {
  if (code === undefined) process.exit(status)
  if (others.length > 0) throw new ProgramError('exit: there is more than one status', FAILED)
  if (!/^\d+$/.test(code)) process.exit(reportError(new ProgramError(`exit: ${code} is no number`, WRONG_USE)))
  process.exit(Number(code) & 0xff)
}

type Builtin = (args: string[], status: number) => void

const builtins: ReadonlyMap<string | undefined, Builtin> = new Map<string, Builtin>([
  ['cd', cd],
  ['exit', exit],
])

/** Whether a word names a builtin. */
export const isBuiltin = (word: string | undefined): boolean => builtins.has(word)

/**
 * Carries out a pipeline if it is one builtin or one assignment in the foreground. Redirections are ignored, because
 * builtins neither read nor write.
 * @param status the value of $?
 * @returns whether it was one of these
 * @throws ProgramError when it failed
 */
export const runBuiltin = ({ commands: [command, ...others], background }: Pipeline, status: number): boolean => {
  if (command?.type !== 'command' || others.length > 0 || background) return false
  const [name, ...args] = expandAll(command.words, status)
  const { assignments } = command
  if (name === undefined) for (const { name, value } of assignments) process.env[name] = expand(value, status)
  builtins.get(name)?.(args, status)
  return builtins.has(name) || (name === undefined && assignments.length > 0)
}
