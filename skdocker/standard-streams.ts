/** The streams that a container gets from its caller: descriptors 0, 1 and 2, and nothing else. */

import { fstatSync } from 'node:fs'
import { ProgramError } from '#native/index.ts'

const NAMES = ['stdin', 'stdout', 'stderr'] as const

/**
 * Refuses a directory in the place of a stream, because fchdir(2) would lead from it to the whole of the host.
 * @throws ProgramError
 * Source: fchdir(2), chroot(2)
 */
export const refuseDirectoryStreams = (): void => {
  const fd = [0, 1, 2].find(each => fstatSync(each).isDirectory())
  if (fd === undefined) return
  throw new ProgramError(
    `${NAMES[fd]} is a directory of the host, by which a container could leave its root: give it a file or /dev/null`,
  )
}
