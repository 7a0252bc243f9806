/** A failed system call as an Error that says what failed, why, and what to do. */

import { constants } from 'node:os'
import { type Argument, showCall } from './argument.ts'
import { cure } from './cures.ts'

/** What the runtime ends with when it fails itself; 126 and 127 are kept for the command. As docker-run(1). */
export const RUNTIME_FAILED = 125

// Where two names share a number, the one of errno(3)'s own list is meant; two that mount(2) and unshare(2) give are missing in Node's.
const names = new Map<number, string>([
  ...Object.entries(constants.errno).map(([name, number]): [number, string] => [number, name]),
  [constants.errno.EAGAIN, 'EAGAIN'],
  [constants.errno.EOPNOTSUPP, 'EOPNOTSUPP'],
  [15, 'ENOTBLK'],
  [87, 'EUSERS'],
])

/** `ENOENT` for 2. Source: errno(3) */
export const errnoName = (errno: number): string => names.get(errno) ?? `errno ${errno}`

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

/** The kernel said no. */
export class SystemCallError extends ProgramError {
  /** the call, such as `mount` */
  readonly call: string
  readonly arguments: readonly Argument[]
  /** the errno, such as 2 */
  readonly errno: number
  /** its name, such as `ENOENT` */
  readonly code: string

  /**
   * @param call the system call
   * @param args what it was given
   * @param errno why it failed
   * @param text what strerror(3) says of it
   */
  constructor(call: string, args: readonly Argument[], errno: number, text: string) {
    const code = errnoName(errno)
    const hint = cure(call, code)
    super(`${showCall(call, args)}: ${code} (${text})${hint ? `: ${hint}` : ''}`)
    this.call = call
    this.arguments = args
    this.errno = errno
    this.code = code
  }
}

/** The command could not be started: 127 when it is not there, 126 when it is there but cannot be run. */
export class CommandError extends ProgramError {}
