/** Runs a command that has left the namespace in which its process was born. */

import { argv, clone, exitCode } from '#native/index.ts'
import { CLONE_NEWUTS, SIGCHLD } from '#native/linux.ts'
import { dieWithParent, exec, unshare } from '#native/steps.ts'

const command = argv('<command> [argument...]')

const child = [
  dieWithParent(),
  unshare(CLONE_NEWUTS), // it was born in our UTS namespace, and leaves it
  exec(command),
]

const pid = clone(child, SIGCHLD)
process.exitCode = await exitCode(pid)
