// The container of chapter 05 with a network: --network none, host or bridge.
import { createCgroup, sweepCgroups, tellOutOfMemory } from '#chapters/05-cgroup/cgroup.ts'
import { Gate } from '#native/gate.ts'
import { clone, exitCode, getopt } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec, mount } from '#native/steps.ts'
import { limitOptions, parseLimits } from '#parts/cgroup/limit-options.ts'
import { networkOption, parseNetwork } from '#parts/network/network-options.ts'
import { mountResolvConf, resolvConf } from '#parts/network/resolv-conf.ts'
import { connectContainer, networkNamespace } from './network.ts'

const { CLONE_NEWIPC, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } = linux
const { options, operands } = getopt('<rootfs> <command> [argument...]', { ...networkOption, ...limitOptions })
const [rootfs, ...command] = operands
const limits = parseLimits(options)
const network = parseNetwork(options)

const gate = new Gate()

const child = [
  dieWithParent(),
  gate.wait(), // until it is in its cgroup and connected
  mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE),
  chroot(rootfs),
  chdir('/'),
  mountResolvConf(resolvConf(network)),
  mount('proc', '/proc', 'proc'),
  exec(command),
]

sweepCgroups() // what a killed run has left

const flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | networkNamespace(network) | CLONE_NEWIPC
const pid = clone(child, flags | linux.SIGCHLD)
const cgroup = createCgroup(String(pid), limits)
try {
  cgroup.add(pid)
  await connectContainer(pid, network)
  gate.open()
  process.exitCode = await exitCode(pid)
  tellOutOfMemory(cgroup)
} finally {
  cgroup.remove()
}
