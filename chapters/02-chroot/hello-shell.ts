/** Starts a shell and waits for it: the shortest program that makes a child. */

import { argv, clone, exitCode } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { exec } from '#native/steps.ts'

argv('')

const child = [exec(['/bin/sh'])]

const pid = clone(child, SIGCHLD)
process.exitCode = await exitCode(pid)
