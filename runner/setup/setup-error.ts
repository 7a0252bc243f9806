/** A lack or a mistake the reader can mend. It is shown as its message alone, without a stack trace. */
export class SetupError extends Error {}

const cures: Record<string, string> = {
  EACCES: 'run it as the owner of that directory, or as root',
  EPERM: 'run it as the owner of that file, or as root',
  EROFS: 'copy the repository to a place that can be written',
  ENOSPC: 'free some space and run it again',
  EDQUOT: 'free some space and run it again',
}

/** errno's name of a failed system call, or undefined for any other error: errno(3). */
export const errnoName = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * The one line to show for an error that is not a bug of the program.
 *
 * @returns undefined for a bug, which deserves its stack trace
 */
export const explain = (error: unknown): string | undefined => {
  if (error instanceof SetupError) return error.message
  const errno = errnoName(error)
  if (!(error instanceof Error) || !errno?.startsWith('E') || errno.startsWith('ERR_')) return undefined
  const cure = cures[errno]
  return cure ? `${error.message}: ${cure}` : error.message
}
