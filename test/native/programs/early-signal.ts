/** Is sent a signal when it has a child and does not wait yet; with `alone` it has left the child to itself. */

import { setTimeout } from 'node:timers/promises'
import { clone, exitCode, stopForwardingSignals } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { dieWithParent, exec } from '#native/steps.ts'

const [signal, alone] = process.argv.slice(2)

const pid = clone([dieWithParent(), exec(['/bin/sleep', '1'])], SIGCHLD)
if (alone) stopForwardingSignals(pid)
process.kill(process.pid, signal)
await setTimeout(100)
process.exitCode = await exitCode(pid)
