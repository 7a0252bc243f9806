/** A child that waits between its steps and its command. */

import { writeSync } from 'node:fs'
import { clone, exitCode, libc } from '../../../native/index.ts'
import { SIGCHLD } from '../../../native/linux.ts'
import { dieWithParent, exec, read } from '../../../native/steps.ts'

const [gate] = libc.pipe2()
const pid = clone([dieWithParent(), read(gate), exec(['/bin/true'])], SIGCHLD)
writeSync(1, `${pid}\n`)
await exitCode(pid)
