/** A failure is a line on stderr, and a status. */

import { writeSync } from 'node:fs'
import { ProgramError } from '#native/index.ts'

const STDERR = 2

/**
 * Tells what went wrong with a command; the shell goes on.
 * @returns the status it is told by in $?
 * @throws the error itself where it is none that a user can do something about
 */
export const complain = (error: unknown): number => {
  if (!(error instanceof ProgramError)) throw error
  writeSync(STDERR, `sh: ${error.message}\n`)
  return error.exitCode
}
