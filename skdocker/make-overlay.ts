/** The directories of a container that overlayfs needs. */

import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type ContainerPaths, home, layers } from './home-layout.ts'

/**
 * Makes the directories of an overlay. `/` keeps the mode and the owner that it has in the image, whatever the umask of
 * this program: the kernel shows those of the uppermost of all the directories that it merges into one.
 * @param stack the layers below, the topmost first
 * @throws NodeJS.ErrnoException
 */
export const makeOverlayDirectories = (
  { upper, work, merged }: ContainerPaths,
  [top = '']: readonly string[],
): void => {
  for (const directory of [upper, work, merged]) mkdirSync(directory)
  const { uid, gid, mode } = statSync(join(home(), layers, top))
  chownSync(upper, uid, gid)
  chmodSync(upper, mode & 0o7777)
}
