/**
 * Lists and kills the processes in a group and in the groups below it, which the container itself may have made, and counts
 * those that the kernel has killed when memory ran out.
 */

import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { hasErrno, libc, ProgramError, say } from '#native/index.ts'
import { groupsIn, read, rmdir, write } from './cgroupfs.ts'
import type { Group } from './hierarchy.ts'

const { SIGKILL } = constants.signals

const groupsBelow = (path: string): string[] => groupsIn(path).flatMap(name => groupAndBelow(`${path}/${name}`))

/** A group and all groups below it, the deepest first: the order in which they can be removed. */
const groupAndBelow = (path: string): string[] => [...groupsBelow(path), path]

/**
 * Removes a group and all groups below it, as far as no process is in them.
 * @throws ProgramError
 */
export const removeEmptyGroups = (path: string): void => {
  groupAndBelow(path).every(rmdir)
}

// In v2 a group may hold single threads of a process. Reading its cgroup.procs gives EOPNOTSUPP, and a group above lists the
// process.
const readProcesses = (path: string): number[] =>
  (read(`${path}/cgroup.procs`, 'ENOENT', 'ENODEV', 'EOPNOTSUPP') ?? '')
    .split('\n')
    .map(Number)
    // 0 stands for a process that this pid namespace does not show. kill(2) would take it for our own process group.
    .filter(pid => pid > 0)

/** The pids in a group and in those below it; none where it is gone. */
export const processesIn = (path: string): number[] => groupAndBelow(path).flatMap(readProcesses)

/** The pids in a container's group, in whichever hierarchies it has directories. */
export const processesOf = (cgroup: readonly Group[]): number[] => [
  ...new Set(cgroup.flatMap(({ path }) => processesIn(path))),
]

const killProcess = (pid: number): void => {
  try {
    libc.kill(pid, SIGKILL)
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error
  }
}

const killProcesses = (path: string): void => {
  const pids = processesIn(path)
  if (pids.length === 0) return
  // This kills all of them at once, also those that fork. Only v2 has it, from Linux 5.14 on.
  if (existsSync(`${path}/cgroup.kill`)) write(`${path}/cgroup.kill`, '1', 'ENOENT', 'ENODEV')
  else for (const pid of pids) killProcess(pid)
}

const PATIENCE = 5_000 // ms: a process that waits for a disk takes its time to die
const sleep = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

/**
 * Kills the processes in a group and removes the groups below it, again and again until the group itself can be removed:
 * a process counts until it is dead, and until then it may fork.
 * @param isRemoved tries to remove the group, and says whether it is gone
 * @throws ProgramError when it is still busy after five seconds
 */
export const killProcessesUntil = (path: string, isRemoved: () => boolean): void => {
  const deadline = performance.now() + PATIENCE
  for (let pause = 1; ; pause = Math.min(2 * pause, 50)) {
    killProcesses(path)
    if (groupsBelow(path).every(rmdir) && isRemoved()) return
    if (performance.now() > deadline) break
    sleep(pause)
  }
  throw new ProgramError(
    `rmdir ${path}: EBUSY: it still holds processes: look at them with "ps -fp ${processesIn(path).join(',')}"; once they are gone, the next run removes it`,
  )
}

const oomKillsIn = (file: string): number =>
  Number(/^oom_kill (\d+)$/m.exec(read(file, 'ENOENT', 'ENODEV') ?? '')?.[1] ?? 0)

/**
 * How many processes of a container the kernel has killed because they took more memory than they may.
 * Source: Documentation/admin-guide/cgroup-v1/memory.rst, OOM Control; cgroup-v2.rst, memory.events
 */
export const countOomKills = (cgroup: readonly Group[]): number => {
  // v2 adds up what happens in the groups below, v1 does not.
  const files = cgroup.flatMap(({ version, path }) =>
    version === 2 ? [`${path}/memory.events`] : groupAndBelow(path).map(group => `${group}/memory.oom_control`),
  )
  return files.reduce((sum, file) => sum + oomKillsIn(file), 0)
}

/** Says on stderr when the kernel has killed a process for its memory: the exit code alone, 137, does not tell. */
export const reportOutOfMemory = (cgroup: readonly Group[]): void => {
  const kills = countOomKills(cgroup)
  if (kills > 0)
    say(
      `skdocker: out of memory: the kernel has killed ${kills} of the container's processes: give it more with --memory`,
    )
}
