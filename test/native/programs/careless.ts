/** Leaves descriptors open and has its own way with signals before it clones. */

import { openSync, writeSync } from 'node:fs'
import { clone, exitCode, libc } from '#native/index.ts'
import { SIG_BLOCK, SIGCHLD } from '#native/linux.ts'
import { exec } from '#native/steps.ts'

process.on('SIGUSR2', () => {})
const opened = [openSync('/dev/null', 'r'), openSync('/', 'r'), ...libc.pipe2()]
libc.sigprocmask(SIG_BLOCK, new Uint8Array(128).fill(0xff), null)
const pid = clone([exec(['/bin/cat'])], SIGCHLD)
writeSync(1, `opened ${JSON.stringify(opened)}\n`)
process.exitCode = await exitCode(pid)
