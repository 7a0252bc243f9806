/** Has other things to do between clone() and exitCode(). */

import { writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { clone, exitCode } from '../../../native/index.ts'
import { SIGCHLD } from '../../../native/linux.ts'
import { dieWithParent, exec } from '../../../native/steps.ts'

const script = 'trap "echo told; exit 3" TERM HUP; echo ready; while :; do sleep 0.02; done'
const pid = clone([dieWithParent(), exec(['/bin/sh', '-c', script])], SIGCHLD)
await setTimeout(1000)
writeSync(1, `${await exitCode(pid)}\n`)
