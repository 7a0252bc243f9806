/** Does the same, with a /proc that has neither programs nor devices, and with a PATH that fits the root. */

import { argv, clone, exitCode } from '#native/index.ts'
import { MNT_DETACH, MS_NODEV, MS_NOEXEC, MS_NOSUID, SIGCHLD } from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec, mount, umount2, withUndo } from '#native/steps.ts'

const [rootfs, ...command] = argv('<rootfs> <command> [argument...]')

const flags = MS_NOSUID | MS_NODEV | MS_NOEXEC // nothing in /proc is a program or a device
const mountProc = mount('proc', '/proc', 'proc', flags)
const umountProc = [chroot(rootfs), umount2('/proc', MNT_DETACH)]

const child = [
  dieWithParent(),
  chroot(rootfs),
  chdir('/'),
  withUndo(mountProc, ...umountProc),
  exec(command, { ...process.env, PATH: '/bin' }), // where this root keeps its commands
]

const pid = clone(child, SIGCHLD)
process.exitCode = await exitCode(pid)
