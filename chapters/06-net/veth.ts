/** A container with a cable to the host, and no bridge between them. */

import { Gate } from '#native/gate.ts'
import { clone, exitCode, getopt } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec, mount } from '#native/steps.ts'
import { mountResolvConf, resolvConf } from '#parts/network/resolv-conf.ts'
import { lowestFreeAddress, parseSubnet, subnetOption } from '#parts/network/subnet.ts'
import { connectVethPair } from '#parts/network/veth-pair.ts'
import { configureInside } from './network.ts'

const { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } = linux
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

const flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC
const pid = clone(child, flags | linux.SIGCHLD)
const disconnect = await connectVethPair(pid, subnet)
await configureInside(pid, subnet, lowestFreeAddress(subnet))
gate.open()
process.exitCode = await exitCode(pid)
await disconnect()
