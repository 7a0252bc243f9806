/** A container whose mount of /proc shows on the host where / is shared: main.ts without its first mount. */

import { argv, clone, exitCode } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec, mount } from '#native/steps.ts'
import { undoLeakedMount } from './shared-subtree.ts'

const { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } = linux
const [rootfs, ...command] = argv('<rootfs> <command> [argument...]')

const child = [
  dieWithParent(),
  chroot(rootfs),
  chdir('/'),
  undoLeakedMount(mount('proc', '/proc', 'proc'), rootfs),
  exec(command),
]

const flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC
const pid = clone(child, flags | linux.SIGCHLD)
process.exitCode = await exitCode(pid)
