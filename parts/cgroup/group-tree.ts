/** One group in one hierarchy, with the groups that its processes may have made below it. */

import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { hasErrno, libc, ProgramError } from '#native/index.ts'
import { groupsIn, read, removeGroup, write } from './control-file.ts'

const { SIGKILL } = constants.signals

/** A group and all below it, the deepest first: the order in which they can be removed. */
export const tree = (path: string): string[] => [...groupsIn(path).flatMap(name => tree(`${path}/${name}`)), path]

// A threaded group of v2 says EOPNOTSUPP: its processes are listed above.
const processesIn = (path: string): number[] =>
  (read(`${path}/cgroup.procs`, 'ENOENT', 'ENODEV', 'EOPNOTSUPP') ?? '')
    .split('\n')
    .map(Number)
    // 0 is a process that this pid namespace does not show, and to kill(2) it is ourselves.
    .filter(pid => pid > 0)

/** The pids in a group and below it. */
export const processes = (path: string): number[] => tree(path).flatMap(processesIn)

const kill = (path: string): void => {
  const pids = processes(path)
  if (pids.length === 0) return
  // At once, forks and all. Linux 5.14 and newer, v2 alone.
  if (existsSync(`${path}/cgroup.kill`)) write(`${path}/cgroup.kill`, '1', 'ENOENT', 'ENODEV')
  else for (const pid of pids) killProcess(pid)
}

const killProcess = (pid: number): void => {
  try {
    libc.kill(pid, SIGKILL)
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error
  }
}

const PATIENCE = 5_000 // ms: a process that waits for a disk takes its time to die
const sleep = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

/**
 * Removes a group and all below it, and kills what is in them. One that is gone already is as good.
 * @throws ProgramError when it is still busy after five seconds
 */
export const removeTree = (path: string): void => {
  const deadline = performance.now() + PATIENCE
  for (let pause = 1; ; pause = Math.min(2 * pause, 50)) {
    kill(path)
    // Busy: a process that is dead may count for another moment.
    if (tree(path).every(group => removeGroup(group, 'EBUSY'))) return
    if (performance.now() > deadline) break
    sleep(pause)
  }
  throw new ProgramError(
    `rmdir ${path}: EBUSY: it still holds the processes ${processes(path).join(', ')}: look at them with "ps -l"; once they are gone, the next run removes it`,
  )
}
