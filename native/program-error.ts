/** An error that is no mistake in this code: the reader or the machine can be helped by one clear line. */

/**
 * The exit code when this program itself fails, and not the command that it runs. 126 and 127 mean that the command could
 * not be started. Source: docker-run(1), Exit Status
 */
export const PROGRAM_FAILED = 125

/** What to do when the kernel refuses for lack of a privilege, which root in a container may lack too. */
export const TAKES_ROOT =
  process.geteuid?.() === 0
    ? 'this root may not: if it is in a container, leave that, or start it with --privileged'
    : 'this takes root: run it again with sudo'

/** An error of which the reader sees the message alone, one line without a stack. */
export class ProgramError extends Error {
  readonly exitCode: number

  /**
   * @param message what happened, why, and what to do
   * @param exitCode the exit code of the program
   */
  constructor(message: string, exitCode: number = PROGRAM_FAILED) {
    super(message)
    this.name = new.target.name
    this.exitCode = exitCode
  }
}

/** Whether Node itself, such as node:fs, threw an error after a system call. The errno in it is negative. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException & { readonly errno: number } =>
  error instanceof Error && 'syscall' in error

/**
 * Whether an error comes from a system call, Node's or ours, that failed with one of these errnos.
 * @param names such as `ENOENT`. Source: errno(3)
 */
export const hasErrno = (error: unknown, ...names: readonly string[]): boolean =>
  names.includes((error as { readonly code?: string } | undefined)?.code ?? '')
