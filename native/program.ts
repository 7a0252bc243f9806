/** What every program of the course does before and after its own page: read its arguments, and end with one clear line. */

import { writeSync } from 'node:fs'
import { basename } from 'node:path'
import { ProgramError, RUNTIME_FAILED } from './errors.ts'
import { startTracing } from './trace.ts'

/** `[string, string, ...string[]]` for '<rootfs> <command> [argument...]': as many as are sure to be there. */
type Arguments<Usage extends string> = Usage extends `<${string}> ${infer Rest}`
  ? [string, ...Arguments<Rest>]
  : Usage extends `<${string}>`
    ? [string]
    : string[]

const STDERR = 2

// What node:fs throws is the kernel's word too: its message names the call, the file and the errno.
const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error

const tell = (error: unknown): string => {
  if (error instanceof ProgramError || isSystemError(error)) return error.message
  return `this is a mistake in skdocker itself: ${error instanceof Error ? error.stack : error}`
}

const report = (error: unknown): never => {
  writeSync(STDERR, `skdocker: ${tell(error)}\n`)
  process.exit(error instanceof ProgramError ? error.exitCode : RUNTIME_FAILED)
}

/**
 * This program's arguments, as C's argv. From here on an error is one line on stderr and exit code 125, 126 or 127;
 * --help and --trace are answered here when they come first.
 * @param usage the arguments: `<needed>`, `[optional]`, `[more...]`
 * @throws ProgramError when one is missing or too many are there
 */
export const argv = <const Usage extends string>(usage: Usage): Arguments<Usage> => {
  process.setUncaughtExceptionCaptureCallback(report)
  const program = `${basename(process.argv[1] ?? '')} [--trace] ${usage}`.trim()
  const given = process.argv.slice(2)
  for (; given[0]?.startsWith('-'); given.shift()) {
    if (given[0] === '--') {
      given.shift()
      break
    }
    if (given[0] === '--trace') startTracing()
    else if (given[0] === '--help' || given[0] === '-h') help(program)
    else throw new ProgramError(`there is no option ${given[0]}: usage: ${program}`)
  }
  const needed = usage.match(/<[^>]*>/g) ?? []
  const missing = needed.slice(given.length)
  if (missing.length > 0) throw new ProgramError(`${missing.join(' and ')} missing: usage: ${program}`)
  const most = usage.includes('...') ? Number.POSITIVE_INFINITY : (usage.match(/[<[]/g) ?? []).length
  if (given.length > most)
    throw new ProgramError(`too many arguments, the first is ${given[most]}: usage: ${program}`)
  return given as Arguments<Usage>
}

const help = (program: string): never => {
  writeSync(
    1,
    `usage: ${program}\n\n  --trace   show every system call of this program and its child, as SKDOCKER_TRACE=1 does\n`,
  )
  process.exit(0)
}
