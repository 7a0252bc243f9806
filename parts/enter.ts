/** Another command in a container that runs: in its namespaces, its root and its cgroup. */

import { closeSync, openSync } from 'node:fs'
import { clone, exitCode, libc } from '#native/index.ts'
import { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUTS, SIGCHLD } from '#native/linux.ts'
import { hasExecuted } from '#native/process-state.ts'
import { chdir, chroot, dieWithParent, exec, fchdir, type Step, setns } from '#native/steps.ts'
import { callersTerminal, type Entrance, enterWith, forget } from './rootfs/terminal-name.ts'

const NAMESPACES = CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC

const enter = ({ pidfd, root }: Entrance): Step[] => [setns(pidfd, NAMESPACES), fchdir(root), chroot('.')]

/** What a command is given that enters a container. */
export type Entering = {
  /** where it begins, a path inside */
  readonly workdir: string
  readonly environment: Readonly<Record<string, string>>
  /** the steps by which the command moves itself into the container's group before it begins */
  readonly join: readonly Step[]
}

/**
 * Runs a command beside a container's own.
 * @param pid of its init
 * @returns the exit code of the command
 * @throws ProgramError when it could not be started
 */
export const enterContainer = async (
  pid: number,
  command: readonly string[],
  { workdir, environment, join }: Entering,
): Promise<number> => {
  const pidfd = libc.pidfdOpen(pid)
  // Before it is its command its root may still be the host's.
  while (!hasExecuted(pid)) await new Promise(resolve => setTimeout(resolve, 5))
  const root = openSync(`/proc/${pid}/root`, 'r')
  const terminal = callersTerminal()
  const child = [
    dieWithParent(),
    join,
    ...(terminal ? enterWith(terminal, { pidfd, root }, NAMESPACES) : enter({ pidfd, root })),
    chdir(workdir),
    exec(command, environment),
  ]
  const joined = clone(child, SIGCHLD, pidfd)
  try {
    return await exitCode(joined)
  } finally {
    if (terminal) await forget(terminal, { pidfd, root })
    for (const fd of [pidfd, root]) closeSync(fd)
  }
}
