/** Runs a command in another root directory that has /proc. */

import { argv, clone, exitCode } from '#native/index.ts'
import { MNT_DETACH, SIGCHLD } from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec, mount, umount2, withUndo } from '#native/steps.ts'

const [rootfs, ...command] = argv('<rootfs> <command> [argument...]')

const mountProc = mount('proc', '/proc', 'proc')
const umountProc = [chroot(rootfs), umount2('/proc', MNT_DETACH)]

const child = [
  dieWithParent(),
  chroot(rootfs),
  chdir('/'),
  withUndo(mountProc, ...umountProc), // the mount is in the host's table, and would stay there
  exec(command),
]

const pid = clone(child, SIGCHLD)
process.exitCode = await exitCode(pid)
