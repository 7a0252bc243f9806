/** The trap: main.ts, but whether chroot and chdir succeed does not matter to it. Give it nothing that you need. */

import { argv, clone, exitCode } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec, ignoreFailure } from '#native/steps.ts'

const [rootfs, ...command] = argv('<rootfs> <command> [argument...]')

const child = [
  dieWithParent(),
  ignoreFailure(chroot(rootfs)), // and if there is no such directory?
  ignoreFailure(chdir('/')),
  exec(command),
]

const pid = clone(child, SIGCHLD)
process.exitCode = await exitCode(pid)
