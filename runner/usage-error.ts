/** What the exit codes of the reader's command say. */

import { ProgramError } from '#native/program-error.ts'

/** The command was done, and found something for the reader to look at: a lack, a leftover, a difference. */
export const SOMETHING_FOUND = 1

/** The command was asked for something that it does not know. bash(1) has the same number, see Exit Status. */
export const WRONG_USAGE = 2

/** The command line is wrong. One line says why, and what to type instead. */
export class UsageError extends ProgramError {
  /** @param message what is wrong, and what to do */
  constructor(message: string) {
    super(message, WRONG_USAGE)
  }
}
