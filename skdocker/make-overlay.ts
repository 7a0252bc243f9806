/** The directories of a container that overlayfs needs. */

import { chmodSync, chownSync, lstatSync, mkdirSync, type Stats, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONFIGURATION } from '#parts/rootfs/enter-rootfs.ts'
import { type ContainerPaths, home, layers } from './home-layout.ts'

/** What the layers, the topmost first, have at a path; undefined where they have nothing. A link is not followed. */
const inLayers = (stack: readonly string[], path: string): Stats | undefined => {
  for (const layer of stack) {
    const found = lstatSync(join(home(), layers, layer, path), { throwIfNoEntry: false })
    if (found) return found
  }
  return undefined
}

// The kernel shows the mode and the owner of the uppermost directory of all that it merges into one.
const makeUpper = (path: string, below: Stats | undefined): void => {
  mkdirSync(path)
  if (below?.isDirectory()) chownSync(path, below.uid, below.gid)
  chmodSync(path, below?.isDirectory() ? below.mode & 0o7777 : 0o755)
}

/**
 * Makes the directories of an overlay, and files to mount others on; they hide what the image has there, such as links.
 * `/` and `/etc` keep the modes and owners that they have in the image, whatever the umask of this program.
 * @param stack the layers below, the topmost first
 * @throws NodeJS.ErrnoException
 */
export const makeOverlayDirectories = ({ upper, work, merged }: ContainerPaths, stack: readonly string[]): void => {
  for (const directory of [work, merged]) mkdirSync(directory)
  for (const path of ['.', 'etc']) makeUpper(join(upper, path), inLayers(stack, path))
  for (const name of CONFIGURATION) writeFileSync(join(upper, 'etc', name), '')
}
