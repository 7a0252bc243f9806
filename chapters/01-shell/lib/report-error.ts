/** Reports a command that failed: a line on stderr, and a status. */

import { writeSync } from 'node:fs'
import { ProgramError } from '#native/index.ts'
import { STDERR_FILENO } from '#native/linux.ts'

/**
 * Writes what went wrong with a command to stderr. The shell goes on.
 * @returns the status for $?
 * @throws the error itself when it is a mistake in this program
 */
export const reportError = (error: unknown): number => {
  if (!(error instanceof ProgramError)) throw error
  writeSync(STDERR_FILENO, `sh: ${error.message}\n`)
  return error.exitCode
}
