/** A container: a command in five new namespaces and a root directory of its own. */

import { argv, clone, exitCode } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec, mount } from '#native/steps.ts'

const { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } = linux
const [rootfs, ...command] = argv('<rootfs> <command> [argument...]')

const child = [
  dieWithParent(),
  mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE), // before other mounts, or the host would see them
  chroot(rootfs),
  chdir('/'),
  mount('proc', '/proc', 'proc'),
  exec(command),
]

const flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC
const pid = clone(child, flags | linux.SIGCHLD)
process.exitCode = await exitCode(pid)
