/** The container of chapter 04 with limits: --cpus, --memory and --pids, kept by a cgroup. */

import { clone, exitCode, getopt } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec, mount } from '#native/steps.ts'
import { reportOutOfMemory } from '#parts/cgroup/group-processes.ts'
import { limitOptions, parseLimits } from '#parts/cgroup/limit-options.ts'
import { sweepCgroups } from '#parts/cgroup/parent-group.ts'
import { createCgroup, joinCgroup, removeCgroup } from './cgroup.ts'

const { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } = linux
const cpus = { ...limitOptions.cpus, help: `${limitOptions.cpus.help}; 0.2 by default` }
const { options, operands } = getopt('<rootfs> <command> [argument...]', { ...limitOptions, cpus })
const [rootfs, ...command] = operands
const limits = { cpus: 0.2, ...parseLimits(options) }

await sweepCgroups() // it removes what killed runs have left
const cgroup = await createCgroup(String(process.pid), limits)

const child = [
  dieWithParent(),
  joinCgroup(cgroup), // not one instruction of the command runs without limits
  mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE), // before other mounts, or the host would see them
  chroot(rootfs),
  chdir('/'),
  mount('proc', '/proc', 'proc'),
  exec(command),
]

const flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC
try {
  const pid = clone(child, flags | linux.SIGCHLD)
  process.exitCode = await exitCode(pid)
  reportOutOfMemory(cgroup)
} finally {
  await removeCgroup(cgroup)
}
