/** Runs a command in another root directory. */

import { argv, clone, exitCode } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec } from '#native/steps.ts'

const [rootfs, ...command] = argv('<rootfs> <command> [argument...]')

const child = [
  dieWithParent(),
  chroot(rootfs),
  chdir('/'), // the working directory is still the one outside
  exec(command),
]

const pid = clone(child, SIGCHLD)
process.exitCode = await exitCode(pid)
