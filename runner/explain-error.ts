/** What has gone wrong, in the one line that the reader gets, and the exit code that goes with it. */

import { CommanderError } from 'commander'
import { PROGRAM_FAILED, ProgramError } from '#native/program-error.ts'
import { lineForReader } from './setup/setup-error.ts'
import { WRONG_USAGE } from './usage-error.ts'

type Explained = { readonly line: string; readonly exitCode: number }

// Commander puts its guess on a line of its own.
const oneLine = (text: string): string => text.replace(/^(error|skdocker): /, '').replace(/\s*\n\s*/g, ' ')

const missingPackage = (error: unknown): string | undefined => {
  const { code, message = '' } = error as NodeJS.ErrnoException
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return undefined
  return `${message.split('\n')[0]}: the packages are not complete: run "npm run setup"`
}

/**
 * Explains what was thrown. A help or a version that was asked for, which commander throws too, has no line.
 * @param error anything
 */
export const explain = (error: unknown): Explained => {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return { line: '', exitCode: 0 }
    return { line: `${oneLine(error.message)}: see --help`, exitCode: WRONG_USAGE }
  }
  if (error instanceof ProgramError) return { line: error.message, exitCode: error.exitCode }
  const line = lineForReader(error) ?? missingPackage(error)
  if (line) return { line, exitCode: PROGRAM_FAILED }
  const stack = error instanceof Error ? error.stack : String(error)
  return { line: `this is a mistake in skdocker itself: ${stack}`, exitCode: PROGRAM_FAILED }
}
