/** node-pty, loaded when there is a window to open: where it does not run, all that takes none goes on without it. */

import { createRequire } from 'node:module'
import { isMusl } from '#native/ffi.ts'
import { ProgramError } from '#native/program-error.ts'

/**
 * Loads node-pty.
 * @throws ProgramError on musl: its binary is made for glibc; it would be loaded and die of SIGSEGV with the first window
 */
export const loadPty = (): typeof import('@lydell/node-pty') => {
  if (isMusl())
    throw new ProgramError(
      'node-pty, which opens terminals, is not made for musl: take a system with glibc, such as Debian',
    )
  return createRequire(import.meta.url)('@lydell/node-pty')
}
