/** The reader's command: what it was asked is done, what goes wrong is one line. */

import { writeSync } from 'node:fs'
import { hasErrno } from '#native/program-error.ts'
import { buildProgram } from './build-program.ts'
import { explain } from './explain-error.ts'

const STDERR = 2

const tell = (error: unknown): number => {
  const { line, exitCode } = explain(error)
  try {
    if (line) writeSync(STDERR, `skdocker: ${line}\n`)
  } catch {
    // Nobody reads it: the exit code still tells.
  }
  return exitCode
}

// `… | head` closes stdout: what is left unsaid nobody misses. A full disk is another matter.
const endWith = (error: NodeJS.ErrnoException): void => {
  if (!hasErrno(error, 'EPIPE')) process.exit(tell(error))
}

/**
 * Does what a command line asks for.
 * @param args the words after the program's name
 * @returns the exit code: 0 done, 1 something was found, 2 wrong usage, 125 it could not be done
 */
export const main = async (args: readonly string[]): Promise<number> => {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endWith)
  process.setUncaughtExceptionCaptureCallback(error => process.exit(tell(error)))
  try {
    await buildProgram().parseAsync([...args], { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    return tell(error)
  }
}
