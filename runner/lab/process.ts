/** Processes, and how one is told from a later one with the same pid. */

import { readFileSync, readlinkSync } from 'node:fs'

/**
 * When a process started, in clock ticks since boot.
 * @returns undefined for one that is gone, or is a zombie
 * Source: proc_pid_stat(5)
 */
export const startTime = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? undefined : fields[18]
  } catch {
    return undefined
  }
}

/** The number of the pid namespace that this process is in. */
export const pidNamespace = (): string => /\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0]
