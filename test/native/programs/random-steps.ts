/** A child that waits at a gate, so that strace can come, and then makes the calls that a seed stands for. */

import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { clone, libc } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { read } from '#native/steps.ts'
import { randomSteps } from '../random-steps.ts'

const [gate, hold] = libc.pipe2()
const pid = clone([read(gate), ...randomSteps(Number(process.argv[2]))], SIGCHLD)
writeSync(1, `${pid}\n`)

const lines = createInterface({ input: process.stdin })
await new Promise(resolve => lines.once('line', resolve))
writeSync(hold, '.')
writeSync(1, `status ${await libc.waitpid(pid)}\n`)
lines.close()
