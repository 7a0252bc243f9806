/** The files of a container: below, the layer of its image, which nobody writes into; on top, a directory of its own. */

import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { MNT_DETACH } from '#native/linux.ts'
import { chdir, mount, pivot_root, type Step, umount2 } from '#native/steps.ts'
import { home } from '#parts/home-directory.ts'

/** Where the containers are, below home(). Beside them are those of skdocker, which have more in their directories. */
export const CONTAINERS = 'containers/07-unionfs'

/**
 * Makes the directory of a container, with a link to its layer and the three directories that overlayfs needs.
 * @param container its path below home(); nothing may be there yet
 * @param layer the path of a layer below home()
 * @throws NodeJS.ErrnoException
 */
export const createOverlay = (container: string, layer: string): void => {
  const directory = join(home(), container)
  mkdirSync(dirname(directory), { recursive: true })
  mkdirSync(directory)
  symlinkSync(join(home(), layer), join(directory, 'lower'))
  for (const name of ['upper', 'work', 'merged']) mkdirSync(join(directory, name))
}

/**
 * The step that mounts layers and a container's own directory as one. It must be done in home(), because the paths are
 * relative: in the options of a mount a comma ends an option and a colon ends a layer, and home() may have both.
 * @param lower the layers, the topmost first
 * @param container the directory with upper, work and merged
 * @param more other options of overlayfs
 * Source: Documentation/filesystems/overlayfs.rst
 */
export const mountOverlay = (lower: readonly string[], container: string, ...more: readonly string[]): Step => {
  const directories = [`lowerdir=${lower.join(':')}`, `upperdir=${container}/upper`, `workdir=${container}/work`]
  return mount('overlay', `${container}/merged`, 'overlay', 0, [...directories, ...more].join(','))
}

/**
 * Steps after which a child is in a container's root and has no way back to the host's. The child must be in a mount
 * namespace of its own, whose mounts are private.
 */
export const enterOverlay = (container: string): Step[] => [
  chdir(home()),
  mountOverlay([`${container}/lower`], container),
  chdir(`${container}/merged`),
  pivot_root('.', '.'), // the old root now lies on top of the new one
  umount2('.', MNT_DETACH), // and now it is gone
]
