/** Runs another command in a container that runs: in its namespaces, its root and its cgroup. */

import { closeSync, openSync } from 'node:fs'
import { cloneInto } from '#native/clone-into.ts'
import { exitCode, libc } from '#native/index.ts'
import * as linux from '#native/linux.ts'
import { hasExecuted, pidsOf } from '#native/process-state.ts'
import { chroot, exec, fchdir, type Step, setns, umask } from '#native/steps.ts'
import {
  callersTerminal,
  type Entrance,
  enterWithTerminal,
  nameInside,
  removeTerminalName,
  reopenTerminal,
} from './rootfs/terminal-name.ts'
import { enterDirectory } from './rootfs/work-directory.ts'

const { CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } = linux
const NAMESPACES = CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC

const LOOK_INTERVAL = 5 // ms

/** Whether a process is process 1 of a pid namespace right below ours. */
const isInit = (pid: number): boolean => {
  const [, inside, ...deeper] = pidsOf(pid)
  return inside === 1 && deeper.length === 0
}

/**
 * The first process of a container, which is process 1 to itself.
 * @param pids the processes of the container's group
 * @returns undefined when the container has ended
 */
export const initAmong = (pids: readonly number[]): number | undefined => pids.find(isInit)

const enter = ({ pidfd, root }: Entrance): Step[] => [setns(pidfd, NAMESPACES), fchdir(root), chroot('.')]

/** What a command that enters a container is given. */
type Entering = {
  /** the path inside at which it begins; the container's root if left out */
  readonly workdir?: string
  /** this program's if left out */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** the steps by which the command moves itself into the container's group before it begins */
  readonly join?: readonly Step[]
}

/**
 * Runs a command beside a container's own.
 * @param pid the container's first process
 * @returns the exit code of the command
 * @throws ProgramError when the command could not be started
 */
export const enterContainer = async (
  pid: number,
  command: readonly string[],
  { workdir = '/', environment, join = [] }: Entering,
): Promise<number> => {
  const pidfd = libc.pidfdOpen(pid)
  // Until it has executed its command, its root may still be the host's.
  while (!hasExecuted(pid)) await new Promise(resolve => setTimeout(resolve, LOOK_INTERVAL))
  const root = openSync(`/proc/${pid}/root`, 'r')
  const terminal = callersTerminal()
  const outside = [
    join,
    terminal ? enterWithTerminal(terminal, { pidfd, root }, NAMESPACES) : enter({ pidfd, root }),
  ]
  const inside = [
    ...(terminal ? reopenTerminal(terminal, nameInside(terminal)) : []),
    umask(0o022),
    ...enterDirectory(workdir),
    ...exec(command, environment),
  ]
  try {
    return await exitCode(await cloneInto(outside, inside))
  } finally {
    if (terminal) await removeTerminalName(terminal, { pidfd, root })
    for (const fd of [pidfd, root]) closeSync(fd)
  }
}
