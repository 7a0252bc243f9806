/** Runs a command that has got out of its root directory again: main.ts with three calls more. */

import { argv, clone, exitCode } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec } from '#native/steps.ts'

const [rootfs, ...command] = argv('<rootfs> <command> [argument...]')

const child = [
  dieWithParent(),
  chroot(rootfs),
  chdir('/'),
  chroot('/tmp'), // the working directory stays behind, above this root
  chdir('../'.repeat(99)), // so nothing stops it on the way up
  chroot('.'),
  exec(command),
]

const pid = clone(child, SIGCHLD)
process.exitCode = await exitCode(pid)
