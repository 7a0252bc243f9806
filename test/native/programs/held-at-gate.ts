/** `die|live on <file>`: a child that waits for something that does not come, and would then make a file. */

import { writeSync } from 'node:fs'
import { Gate } from '#native/gate.ts'
import { clone, exitCode, libc } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { dieWithParent, exec, read } from '#native/steps.ts'

const [how, file = ''] = process.argv.slice(2)
const [never] = libc.pipe2() // of which the child holds both ends itself
const wait = how === 'die' ? [dieWithParent(), read(never)] : new Gate().wait()
const pid = clone([wait, exec(['/bin/touch', file])], SIGCHLD)
writeSync(1, `${pid}\n`)
await exitCode(pid)
