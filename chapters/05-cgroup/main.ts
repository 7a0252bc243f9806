import { Gate } from '#native/gate.ts'
import { clone, exitCode, getopt } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec, mount } from '#native/steps.ts'
import { limitOptions, parseLimits } from '#parts/cgroup/limit-options.ts'
import { createCgroup, sweepCgroups, tellOutOfMemory } from './cgroup.ts'

const { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } = linux
const { options, operands } = getopt('<rootfs> <command> [argument...]', limitOptions)
const [rootfs, ...command] = operands
const limits = { cpus: 0.2, ...parseLimits(options) }

const gate = new Gate()

const child = [
  dieWithParent(),
  ...gate.wait(), // until it is in its cgroup: not one instruction of the command runs without limits
  mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE),
  chroot(rootfs),
  chdir('/'),
  mount('proc', '/proc', 'proc'),
  exec(command),
]

sweepCgroups() // what a killed run has left

const flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC
const pid = clone(child, flags | linux.SIGCHLD)
const cgroup = createCgroup(String(pid), limits)
try {
  cgroup.add(pid)
  gate.open()
  process.exitCode = await exitCode(pid)
  tellOutOfMemory(cgroup)
} finally {
  cgroup.remove()
}
