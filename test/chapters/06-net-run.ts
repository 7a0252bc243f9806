/** The shortest program whose container makes the bridge itself, and removes it: `06-net-run.ts <command> [argument...]` */

import { setTimeout } from 'node:timers/promises'
import { connectContainer } from '#chapters/06-net/network.ts'
import { Gate } from '#native/gate.ts'
import { argv, clone, exitCode } from '#native/index.ts'
import { CLONE_NEWNET, SIGCHLD } from '#native/linux.ts'
import { dieWithParent, exec } from '#native/steps.ts'
import { findOrMakeBridge, removeBridgeIfUnused } from '#parts/network/bridge.ts'

const gate = new Gate()
const pid = clone([dieWithParent(), gate.wait(), exec(argv('<command> [argument...]'))], CLONE_NEWNET | SIGCHLD)
const { address, device } = await connectContainer(pid, 'bridge', findOrMakeBridge)
console.log(address, device)
gate.open()
process.exitCode = await exitCode(pid)
// Another one that has just ended may still seem to be plugged in.
for (let attempts = 0; attempts < 20 && !(await removeBridgeIfUnused(device)); attempts++) await setTimeout(50)
