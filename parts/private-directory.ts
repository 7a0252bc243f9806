/** Directories into which nobody but their owner may look: what a container makes setuid root is that on the host, too. */

import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { ProgramError } from '#native/index.ts'
import { TAKES_ROOT } from '#native/program-error.ts'

const OWNER_ALONE = 0o700

const refuse = (path: string, owner: number): never => {
  const cure = process.geteuid?.() === 0 ? `take it over with "chown root '${path}'"` : TAKES_ROOT
  throw new ProgramError(`${path} belongs to user ${owner}, who could run what is in it: ${cure}`)
}

/**
 * Makes a directory into which nobody but this user may look. One that is there already is closed to the others.
 * @throws ProgramError when it is somebody else's, who could open it again; NodeJS.ErrnoException
 */
export const makePrivateDirectory = (path: string): void => {
  mkdirSync(path, { recursive: true, mode: OWNER_ALONE })
  const { uid, mode } = statSync(path)
  if (uid !== process.geteuid?.()) refuse(path, uid)
  // The umask may have taken rights away from it, and an older program may have given some.
  if ((mode & 0o777) !== OWNER_ALONE) chmodSync(path, OWNER_ALONE)
}
