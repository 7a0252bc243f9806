/** What a program of the course needs besides the steps of its child (steps.ts) and the kernel's numbers (linux.ts). */

import './require-node.js'

export { clone, exitCode } from './clone.ts'
export { argv, getopt } from './command-line.ts'
export * as libc from './libc.ts'
export { print, say } from './output.ts'
export { hasErrno, isSystemError, ProgramError, TAKES_ROOT } from './program-error.ts'
export {
  deliverPendingSignals,
  Interrupted,
  stopForwardingSignals,
  terminationSignal,
  uninterrupted,
} from './signals.ts'
export { SystemCallError } from './system-call-error.ts'
