/**
 * The exit code of a container in a file of four bytes, as waitpid(2) has it. The file is there before the command begins,
 * so that the code can be kept when the disk is full. The shim of a detached container always leaves the code there; a
 * program that waits for its container does so only when it cannot write the code into the container's state.
 */

import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { exitCodeFromStatus } from '#native/clone.ts'
import { containerPaths } from './home-layout.ts'

/** What the file holds until there is a code. No wait status has more than two bytes. */
const SHIM_WILL_WRITE = 'shim'
const NONE = 'none'
const BYTES = 4

/** What the file of a container is to hold before its command begins. */
export const noExitStatus = ({ detached }: { readonly detached: boolean }): string =>
  detached ? SHIM_WILL_WRITE : NONE

/** The exit code that was left; undefined where nobody knows it, 'awaited' where a shim may still be about to write it. */
export const readExitStatus = (id: string): number | undefined | 'awaited' => {
  let bytes: Buffer
  try {
    bytes = readFileSync(containerPaths(id).status)
  } catch {
    return undefined // the container has never run, or is gone
  }
  const text = bytes.toString('latin1')
  if (text === SHIM_WILL_WRITE) return 'awaited'
  return text === NONE || bytes.length !== BYTES ? undefined : exitCodeFromStatus(bytes.readInt32LE())
}

/** Leaves an exit code. No room is needed for it. Throws NodeJS.ErrnoException. */
export const leaveExitCode = (id: string, code: number): void => {
  const status = Buffer.alloc(BYTES)
  status.writeInt32LE(code << 8)
  const file = openSync(containerPaths(id).status, 'r+')
  try {
    writeSync(file, status, 0, BYTES, 0)
  } finally {
    closeSync(file)
  }
}
