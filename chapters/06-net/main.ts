import { createCgroup, sweepCgroups, tellOutOfMemory } from '#chapters/05-cgroup/cgroup.ts'
import { Gate } from '#native/gate.ts'
import { clone, exitCode, getopt } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec, mount } from '#native/steps.ts'
import { limitOptions, parseLimits } from '#parts/cgroup/limit-options.ts'
import { networkOption, parseNetwork } from '#parts/network/network-options.ts'
import { mountResolvConf, resolvConf } from '#parts/network/resolv-conf.ts'
import { connect, networkNamespace } from './network.ts'

const { options, operands } = getopt('<rootfs> <command> [argument...]', { ...networkOption, ...limitOptions })
const [rootfs, ...command] = operands
const network = parseNetwork(options)
const limits = parseLimits(options)

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

sweepCgroups()

const { CLONE_NEWIPC, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS, SIGCHLD } = linux
const flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | networkNamespace(network)
const pid = clone(child, flags | SIGCHLD)
const cgroup = createCgroup(String(pid), limits)
try {
  cgroup.add(pid)
  await connect(pid, network)
  gate.open()
  process.exitCode = await exitCode(pid)
  tellOutOfMemory(cgroup)
} finally {
  cgroup.remove()
}
