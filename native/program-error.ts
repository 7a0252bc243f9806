/** What goes wrong for a reader, and is no mistake of ours: what is told, and what the kernel may have said. */

/** What the runtime ends with when it fails itself; 126 and 127 are kept for the command. As docker-run(1). */
export const RUNTIME_FAILED = 125

/** What to do where the kernel refuses for want of a right. Root in a container may be without some, too. */
export const TAKES_ROOT =
  process.geteuid?.() === 0
    ? 'this root may not: if it is in a container, leave that, or start it with --privileged'
    : 'this takes root: run it again with sudo'

/** An error that is told to the reader in its message alone, one line, without a stack. */
export class ProgramError extends Error {
  readonly exitCode: number

  /**
   * @param message what happened, why, and what to do
   * @param exitCode what the program ends with
   */
  constructor(message: string, exitCode: number = RUNTIME_FAILED) {
    super(message)
    this.name = new.target.name
    this.exitCode = exitCode
  }
}

/** Whether an error is what node:fs or another part of Node throws after a system call. Its errno is negative. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException & { readonly errno: number } =>
  error instanceof Error && 'syscall' in error

/**
 * Whether an error is of a system call, Node's or ours, that failed for one of these reasons.
 * @param names such as `ENOENT`. Source: errno(3)
 */
export const hasErrno = (error: unknown, ...names: readonly string[]): boolean =>
  names.includes((error as { readonly code?: string } | undefined)?.code ?? '')
