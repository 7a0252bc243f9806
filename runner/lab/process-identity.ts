/** Processes, and how one is told from a later one with the same pid. */

import { readlinkSync } from 'node:fs'
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
