/** The container of chapter 04 without a network namespace of its own: it uses the host's network. */

import { argv, clone, exitCode } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec, mount } from '#native/steps.ts'
import { mountResolvConf, resolvConf } from '#parts/network/resolv-conf.ts'

const { CLONE_NEWIPC, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } = linux
const [rootfs, ...command] = argv('<rootfs> <command> [argument...]')

const child = [
  dieWithParent(),
  mount('none', '/', null, linux.MS_REC | linux.MS_PRIVATE),
  chroot(rootfs),
  chdir('/'),
  mountResolvConf(resolvConf('host')), // the container may ask the nameservers that the host asks
  mount('proc', '/proc', 'proc'),
  exec(command),
]

const flags = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC // no CLONE_NEWNET: the network is the host's
const pid = clone(child, flags | linux.SIGCHLD)
process.exitCode = await exitCode(pid)
