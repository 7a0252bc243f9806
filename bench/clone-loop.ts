import { clone, exitCode } from '#native/index.ts'
import { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS, SIGCHLD } from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec, mount } from '#native/steps.ts'

/** What clone-loop.c does, in TypeScript. Prints nanoseconds for each. */
const [count, rootfs = '', ...command] = process.argv.slice(2)

for (let left = Number(count); left > 0; left--) {
  const from = process.hrtime.bigint()
  const child = [dieWithParent(), chroot(rootfs), chdir('/'), mount('proc', '/proc', 'proc'), exec(command)]
  const flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC
  if ((await exitCode(clone(child, flags | SIGCHLD))) !== 0) process.exit(1)
  console.log(String(process.hrtime.bigint() - from))
}
