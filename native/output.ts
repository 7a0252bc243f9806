/**
 * What a program says on stdout and stderr. The reader of a pipe may be slow, or gone. So nothing is written while this
 * program holds a lock, and a reader who has gone ends it with the exit code of SIGPIPE, when it has cleaned up.
 */

import { writeSync } from 'node:fs'
import { STDERR_FILENO, STDOUT_FILENO } from './linux.ts'
import { hasErrno, isSystemError, ProgramError } from './program-error.ts'

/** 128 + SIGPIPE. Source: bash(1), Exit Status */
const BROKEN_PIPE = 141

/** Nobody reads what this program was to write. Nobody would read a message either. */
export class ReaderGone extends ProgramError {
  constructor() {
    super('nobody reads the output of this program any more', BROKEN_PIPE)
  }
}

let readerIsGone = false
const onReaderGone: (() => void)[] = []

/** Whether this program has tried to write something that nobody reads. */
export const isReaderGone = (): boolean => readerIsGone

/** Registers a function that is called when the reader has gone, and ends a child for example. It must not throw. */
export const whenReaderIsGone = (act: () => void): void => void onReaderGone.push(act)

// An error that was reported has an exit code of its own, but this program ends because its reader has gone.
process.on('exit', () => {
  if (readerIsGone) process.exitCode = BROKEN_PIPE
})

const noteReaderGone = (): void => {
  if (readerIsGone) return
  readerIsGone = true
  for (const act of onReaderGone) act()
}

const PAUSE = 5 // ms
const sleep = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE)

/** Writes all of some bytes, also where somebody has made the descriptor non-blocking. Throws NodeJS.ErrnoException. */
const writeAll = (fd: number, bytes: Uint8Array): void => {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(fd, bytes, written)
    } catch (error) {
      if (!hasErrno(error, 'EAGAIN')) throw error
      sleep()
    }
  }
}

const writeToStderr = (text: string): void => {
  if (readerIsGone) return
  try {
    writeAll(STDERR_FILENO, Buffer.from(text))
  } catch (error) {
    // Where stderr takes nothing for another reason, such as a full disk, nobody can be told so.
    if (hasErrno(error, 'EPIPE')) noteReaderGone()
  }
}

let silences = 0
let unsaid = ''

/** From now on what is said on stderr is kept, until endSilence() is called as often. */
export const beginSilence = (): void => {
  silences++
}

/** Says what was kept, once nobody wants silence any more. */
export const endSilence = (): void => {
  silences--
  if (silences > 0 || unsaid === '') return
  const text = unsaid
  unsaid = ''
  writeToStderr(text)
}

/** Says something on stderr, a whole line or several. When nobody reads it this program is ended, but nothing is thrown. */
export const say = (line: string): void => {
  if (silences > 0) unsaid += `${line}\n`
  else writeToStderr(`${line}\n`)
}

/**
 * Says on stderr why this program ends. It does not matter whether anybody reads it, because the exit code says so, too.
 * @param line a whole line
 */
export const sayWhyProgramEnds = (line: string): void => {
  try {
    writeAll(STDERR_FILENO, Buffer.from(`${unsaid}${line}\n`))
  } catch {
    // There is nobody left to be told.
  }
}

/**
 * Prints what this program was asked for on stdout.
 * @throws ReaderGone, ProgramError when it cannot be written, such as to a full disk
 */
export const printBytes = (bytes: Uint8Array): void => {
  try {
    writeAll(STDOUT_FILENO, bytes)
  } catch (error) {
    if (!isSystemError(error)) throw error
    if (!hasErrno(error, 'EPIPE')) throw new ProgramError(`stdout: ${error.message}: the output is not complete`)
    noteReaderGone()
    throw new ReaderGone()
  }
}

/** Prints a whole line or several, as printBytes() does. */
export const print = (text: string): void => printBytes(Buffer.from(`${text}\n`))
