/** A second child, after this program has begun to listen to SIGUSR2, is sent one while it waits. */

import { constants } from 'node:os'
import { Gate } from '#native/gate.ts'
import { clone, exitCode, libc } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { dieWithParent, exec } from '#native/steps.ts'

await exitCode(clone([exec(['/bin/true'])], SIGCHLD))
process.on('SIGUSR2', () => {})
const gate = new Gate()
const pid = clone([dieWithParent(), gate.wait(), exec(['/bin/true'])], SIGCHLD)
libc.kill(pid, constants.signals.SIGUSR2)
gate.open()
process.exitCode = await exitCode(pid)
