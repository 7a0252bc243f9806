/** Unpacks a tar into a directory, so that nothing in the tar can reach outside of it. */

import { chmodSync, closeSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { runToolWithoutBlocking } from '#native/host-tool.ts'
import { hasErrno, libc } from '#native/index.ts'
import { dup2, umask } from '#native/steps.ts'
import { CheckedTar } from './checked-tar.ts'
import { showReadingProgress } from './reading-progress.ts'

const OPTIONS = ['--numeric-owner', '--same-owner', '--same-permissions']

// A tar may leave out the directories above its files. The umask decides which mode tar(1) gives to those.
const PUBLIC = 0o022

/** Pours the entries of a tar that may be unpacked into the system's tar(1). */
const pour = async (tar: string, directory: string): Promise<void> => {
  const [stdin, ownEnd] = libc.pipe2()
  // When this returns, the child is there and has a copy of the reading end.
  const unpacking = runToolWithoutBlocking(
    ['tar', '-x', '-f', '-', '-C', directory, ...OPTIONS],
    [umask(PUBLIC), dup2(stdin, 0)],
  )
  closeSync(stdin)
  const checked = new CheckedTar(tar)
  const stopShowing = showReadingProgress('unpacking', tar, () => checked.bytesRead)
  const [unpacked, poured] = await Promise.allSettled([
    unpacking,
    pipeline(checked, new Socket({ fd: ownEnd, readable: false })),
  ])
  stopShowing()
  // When tar(1) fails, or has seen the end of the tar, it reads no more. Then the pipe breaks, and tar knows what happened.
  if (poured.status === 'rejected' && !hasErrno(poured.reason, 'EPIPE')) throw poured.reason
  if (unpacked.status === 'rejected') throw unpacked.reason
}

/**
 * Unpacks a tar by the system's tar(1), because no library keeps owners, modes and hard links as faithfully. Devices and
 * pipes are left out, and so are extended attributes. Only a caller who holds a lock may use the name `half`.
 * @param directory appears when all of the tar is in it
 * @param half the name that the directory has until then, on the same filesystem
 * @throws ProgramError when the tar is hostile, cut short, or there is no room; then nothing is left of it
 */
export const unpackLayer = async (tar: string, directory: string, half: string): Promise<void> => {
  try {
    // A program that was killed may have left a half unpacked directory.
    rmSync(half, { recursive: true, force: true })
    mkdirSync(half)
    chmodSync(half, 0o777 & ~PUBLIC)
    await pour(tar, half)
    renameSync(half, directory)
  } catch (error) {
    rmSync(half, { recursive: true, force: true })
    throw error
  }
}
