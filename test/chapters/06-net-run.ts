/** As short a runtime as can be that makes the bridge itself and takes it back: `06-net-run.ts <command> [argument...]` */

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
// One that ends at the same moment may still seem to be plugged in.
for (let looks = 0; looks < 20 && !(await removeBridgeIfUnused(device)); looks++) await setTimeout(50)
