/** Runs a command with a host name of its own: chapter 02's program in one new namespace. */

import { argv, clone, exitCode } from '#native/index.ts'
import { CLONE_NEWUTS, SIGCHLD } from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec } from '#native/steps.ts'

const [rootfs, ...command] = argv('<rootfs> <command> [argument...]')

const child = [dieWithParent(), chroot(rootfs), chdir('/'), exec(command)]

const pid = clone(child, CLONE_NEWUTS | SIGCHLD)
process.exitCode = await exitCode(pid)
