/** The container of chapter 05 with a network: --network none, host or bridge. */

import { createCgroup, joinCgroup, removeCgroup } from '#chapters/05-cgroup/cgroup.ts'
import { Gate } from '#native/gate.ts'
import { clone, exitCode, getopt } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec, mount } from '#native/steps.ts'
import { reportOutOfMemory } from '#parts/cgroup/group-processes.ts'
import { limitOptions, parseLimits } from '#parts/cgroup/limit-options.ts'
import { sweepCgroups } from '#parts/cgroup/parent-group.ts'
import { networkOption, parseNetwork } from '#parts/network/network-options.ts'
import { mountResolvConf, resolvConf } from '#parts/network/resolv-conf.ts'
import { connectContainer, networkNamespace } from './network.ts'

const { CLONE_NEWIPC, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } = linux
const { options, operands } = getopt('<rootfs> <command> [argument...]', { ...networkOption, ...limitOptions })
const [rootfs, ...command] = operands
const limits = parseLimits(options)
const network = parseNetwork(options)

await sweepCgroups() // it removes what killed runs have left
const cgroup = await createCgroup(String(process.pid), limits)
const gate = new Gate()

const child = [
  dieWithParent(),
  joinCgroup(cgroup), // not one instruction of the command runs without limits
  gate.wait(), // until it is connected
  mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE), // before other mounts, or the host would see them
  chroot(rootfs),
  chdir('/'),
  mountResolvConf(resolvConf(network)),
  mount('proc', '/proc', 'proc'),
  exec(command),
]

const flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | networkNamespace(network) | CLONE_NEWIPC
try {
  const pid = clone(child, flags | linux.SIGCHLD)
  await connectContainer(pid, network)
  gate.open()
  process.exitCode = await exitCode(pid)
  reportOutOfMemory(cgroup)
} finally {
  await removeCgroup(cgroup)
}
