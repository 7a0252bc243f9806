/** What the exit codes of the reader's command say. */

import { ProgramError } from '#native/program-error.ts'

/** It was done, and there is something to be looked at: a lack, a leftover, a difference. */
export const FOUND = 1

/** It was asked for something that it does not know. As bash(1), Exit Status. */
export const WRONG_USAGE = 2

/** The command line is wrong: told in one line, with what to type instead. */
export class UsageError extends ProgramError {
  /** @param message what is wrong, and what to do */
  constructor(message: string) {
    super(message, WRONG_USAGE)
  }
}
