/** The kernel, for the chapters: what calls it now. The steps of a child are in steps.ts, the numbers in linux.ts. */

export {
  clone,
  deliverPendingSignals,
  exitCode,
  stopForwardingSignals,
  terminationSignal,
  uninterrupted,
} from './clone.ts'
export { argv, getopt } from './command-line.ts'
export * as libc from './libc.ts'
export { hasErrno, isSystemError, ProgramError, TAKES_ROOT } from './program-error.ts'
export { CommandError, SystemCallError } from './system-call-error.ts'
