/** Processes, and how one is told from a later one with the same pid. */

import { readFileSync, readlinkSync } from 'node:fs'
import { statOf } from '#native/process-state.ts'

/**
 * When a process started, in clock ticks since boot.
 * @returns undefined for one that is gone, or is a zombie
 */
export const startTime = (pid: number): string | undefined => {
  const stat = statOf(pid)
  return stat?.state === 'Z' ? undefined : stat?.started
}

/** The number of the pid namespace that this process is in. */
export const pidNamespace = (): string => /\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0]

/** The pids of the children of a process that is known to live. Source: proc_pid_task_children(5) */
export const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
