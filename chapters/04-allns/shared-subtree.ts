/** A mount namespace alone does not keep a mount in: where the mount around it is shared, it goes out to the host. */

import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { ProgramError } from '#native/index.ts'
import { MNT_DETACH } from '#native/linux.ts'
import { mounts } from '#native/mountinfo.ts'
import { chroot, type Step, umount2, withUndo } from '#native/steps.ts'

const holds = (mountPoint: string, path: string): boolean =>
  mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`)

/**
 * Whether what is mounted on a directory is seen in other mount namespaces too: whether the mount it lies in is shared.
 * Source: mount_namespaces(7); proc_pid_mountinfo(5)
 * @throws NodeJS.ErrnoException when there is no such directory
 */
export const isShared = (directory: string): boolean => {
  const path = realpathSync(directory)
  const around = mounts()
    .filter(({ mountPoint }) => holds(mountPoint, path))
    // The longest is the nearest, and of two on one another the later.
    .reduce((best, mount) => (mount.mountPoint.length >= best.mountPoint.length ? mount : best))
  return around.propagation.some(field => field.startsWith('shared:'))
}

const isMountPoint = (path: string): boolean => mounts().some(({ mountPoint }) => mountPoint === path)

/**
 * A container's mount of /proc as it is, where it stays in; where it leaks, it is said on stderr, and the host's copy
 * goes away with the container.
 * @param mount the step of the container
 */
export const undoLeakedMount = (mount: Step, rootfs: string): Step => {
  // Where there is no such directory chroot() will say so.
  if (!existsSync(rootfs) || !isShared(rootfs)) return mount
  // A leak that covered a mount of the host's could not be told from it when it is taken back.
  const proc = join(rootfs, 'proc')
  if (isMountPoint(join(realpathSync(rootfs), 'proc')))
    throw new ProgramError(
      `/ is shared on this host, and something is mounted on ${proc} already: private-mount.ts leaves it alone`,
    )
  console.error(
    `skdocker: / is shared on this host, so the container's mount shows on it at ${proc} while it runs: private-mount.ts keeps it in`,
  )
  return withUndo(mount, chroot(rootfs), umount2('/proc', MNT_DETACH))
}
