/** The reader's command: it does what the command line asks, and tells what goes wrong in one line. */

import { writeSync } from 'node:fs'
import { STDERR_FILENO } from '#native/linux.ts'
import { hasErrno } from '#native/program-error.ts'
import { buildProgram } from './build-program.ts'
import { explain } from './explain-error.ts'
import { visible } from './visible.ts'

const reportError = (error: unknown): number => {
  const { line, exitCode } = explain(error)
  try {
    if (line) writeSync(STDERR_FILENO, `skdocker: ${visible(line)}\n`)
  } catch {
    // Nobody reads stderr. The exit code still says that something went wrong.
  }
  return exitCode
}

// `… | head` closes stdout, and nobody misses the rest. Any other error, such as a full disk, is told.
const endAtStreamError = (error: NodeJS.ErrnoException): void => {
  if (!hasErrno(error, 'EPIPE')) process.exit(reportError(error))
}

/**
 * Does what a command line asks for.
 * @param args the words after the program's name
 * @returns the exit code: 0 done, 1 something was found, 2 wrong usage, 125 it could not be done
 */
export const main = async (args: readonly string[]): Promise<number> => {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endAtStreamError)
  process.setUncaughtExceptionCaptureCallback(error => process.exit(reportError(error)))
  try {
    await buildProgram().parseAsync([...args], { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    return reportError(error)
  }
}
