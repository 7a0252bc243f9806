/** What a container mounts shows on the host when the mount around it is shared. This takes such a mount away again. */

import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { ProgramError, say } from '#native/index.ts'
import { MNT_DETACH } from '#native/linux.ts'
import { type Mount, mounts } from '#native/mountinfo.ts'
import { chroot, type Step, umount2, withUndo } from '#native/steps.ts'

const contains = ({ mountPoint }: Mount, path: string): boolean =>
  mountPoint === '/' || path === mountPoint || path.startsWith(`${mountPoint}/`)

/**
 * Whether what is mounted on a directory shows in other mount namespaces too: whether the mount around it is shared.
 * @throws NodeJS.ErrnoException when there is no such directory
 * Source: mount_namespaces(7); proc_pid_mountinfo(5)
 */
const isShared = (directory: string): boolean => {
  const path = realpathSync(directory)
  const around = mounts()
    .filter(mount => contains(mount, path))
    // The longest path is the nearest mount. Of two mounts on the same directory the later one covers the other.
    .reduce((nearest, mount) => (mount.mountPoint.length >= nearest.mountPoint.length ? mount : nearest))
  return around.propagation.some(field => field.startsWith('shared:'))
}

const isMountPoint = (path: string): boolean => mounts().some(({ mountPoint }) => mountPoint === path)

/**
 * A container's mount of /proc. When it is going to show on the host, a line on stderr says so, and the step takes the
 * host's copy away when the container ends.
 * @param mount the step of the container
 * @param rootfs its root directory
 * @throws ProgramError when the host has a mount of its own there, because that could not be told from the copy
 */
export const undoLeakedMount = (mount: Step, rootfs: string): Step => {
  if (!existsSync(rootfs)) return mount // chroot(2) will report it
  if (!isShared(rootfs)) return mount
  const proc = join(rootfs, 'proc')
  if (isMountPoint(join(realpathSync(rootfs), 'proc')))
    throw new ProgramError(
      `/ is shared on this host, and something is mounted on ${proc} already: use 04-allns/main.ts, which leaves it alone`,
    )
  say(
    `skdocker: / is shared on this host, so the container's mount shows on it at ${proc} while it runs: 04-allns/main.ts keeps it in`,
  )
  return withUndo(mount, chroot(rootfs), umount2('/proc', MNT_DETACH))
}
