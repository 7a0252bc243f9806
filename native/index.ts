/** The kernel, for the chapters: what calls it now. The steps of a child are in steps.ts, the numbers in linux.ts. */

export {
  clone,
  deliverPendingSignals,
  exitCode,
  stopForwardingSignals,
  terminationSignal,
  uninterrupted,
} from './clone.ts'
export { CommandError, SystemCallError } from './errors.ts'
export * as libc from './libc.ts'
export { argv, getopt } from './program.ts'
export { hasErrno, isSystemError, ProgramError, TAKES_ROOT } from './program-error.ts'
