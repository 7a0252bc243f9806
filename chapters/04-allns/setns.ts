/** Runs a command in the namespaces of a running container, as docker exec does. */

import { openSync } from 'node:fs'
import { argv, clone, exitCode, libc, ProgramError } from '#native/index.ts'
import { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUTS, SIGCHLD } from '#native/linux.ts'
import { chdir, chroot, dieWithParent, exec, fchdir, setns } from '#native/steps.ts'

const [container, ...command] = argv('<pid> <command> [argument...]')

if (!/^[1-9]\d{0,8}$/.test(container)) throw new ProgramError(`${JSON.stringify(container)} is no pid: see ps(1)`)

const pidfd = libc.pidfdOpen(Number(container))
const root = openSync(`/proc/${container}/root`, 'r') // its path inside means nothing out here

const child = [
  dieWithParent(),
  setns(pidfd, CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC),
  fchdir(root),
  chroot('.'),
  chdir('/'),
  exec(command),
]

const pid = clone(child, SIGCHLD, pidfd) // a process can only be born in a pid namespace
process.exitCode = await exitCode(pid)
