/**
 * A little internet, one cable away from the host. It is a network namespace with a web server, a name server and a
 * shell in it. When the shell ends, the namespace ends with its last process, and the cable with the namespace.
 */

import { fileURLToPath } from 'node:url'
import { Gate } from '#native/gate.ts'
import { clone, exitCode, getopt } from '#native/index.ts'
import { CLONE_NEWNET, SIGCHLD } from '#native/linux.ts'
import { dieWithParent, exec } from '#native/steps.ts'
import { ip, ipInside } from '#parts/network/ip-command.ts'

getopt('', {})

const inside = fileURLToPath(new URL('internet-inside.ts', import.meta.url))
const gate = new Gate()

const child = [
  dieWithParent(),
  gate.wait(), // until the cable is there
  exec([process.execPath, ...process.execArgv, inside]),
]

const pid = clone(child, CLONE_NEWNET | SIGCHLD)
await ip(
  `link add to-internet index 203113 type veth peer name eth0 netns ${pid}`, // a number that no other device has
  'address add 203.0.113.1/24 dev to-internet',
  'link set to-internet up',
)
await ipInside(
  pid,
  'link set lo up',
  'address add 203.0.113.80/24 dev eth0',
  'address add 203.0.113.53/24 dev eth0',
  'link set eth0 up',
)
gate.open()
process.exitCode = await exitCode(pid)
