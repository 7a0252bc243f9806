import { Gate } from '#native/gate.ts'
import { clone, exitCode, getopt } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec, mount } from '#native/steps.ts'
import { subnetOption } from '#parts/network/network-options.ts'
import { mountResolvConf, resolvConf } from '#parts/network/resolv-conf.ts'
import { parseSubnet } from '#parts/network/subnet.ts'
import { pair } from '#parts/network/veth-pair.ts'

const { options, operands } = getopt('<rootfs> <command> [argument...]', subnetOption)
const [rootfs, ...command] = operands
const subnet = parseSubnet(options.subnet ?? '172.30.0.0/30') // two addresses; the host gets the first

const gate = new Gate()

const child = [
  dieWithParent(),
  gate.wait(), // until it is connected
  mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE),
  chroot(rootfs),
  chdir('/'),
  mountResolvConf(resolvConf('bridge')),
  mount('proc', '/proc', 'proc'),
  exec(command),
]

const { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS, SIGCHLD } = linux
const flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC
const pid = clone(child, flags | SIGCHLD)
const unplug = await pair(pid, subnet)
gate.open()
process.exitCode = await exitCode(pid)
await unplug()
