/** What setup tells its reader when it cannot go on. */

import { isSystemError, ProgramError } from '#native/program-error.ts'

/** A lack or a mistake that the reader can mend. */
export class SetupError extends ProgramError {}

const CURES: Readonly<Record<string, string>> = {
  EACCES: 'run it as the owner of that directory, or as root',
  EPERM: 'run it as the owner of that file, or as root',
  EROFS: 'copy the repository to a place that can be written',
  ENOSPC: 'free some space and run it again',
  EDQUOT: 'free some space and run it again',
}

/**
 * The one line to show for an error that is not a bug of the program: a ProgramError's message, or that of a system call
 * that failed, with what to do about it.
 *
 * @returns undefined for a bug, which deserves its stack trace
 */
export const lineForReader = (error: unknown): string | undefined => {
  if (error instanceof ProgramError) return error.message
  if (!isSystemError(error)) return undefined
  const cure = CURES[error.code ?? '']
  return cure ? `${error.message}: ${cure}` : error.message
}
