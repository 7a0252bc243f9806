/** Whether a process is still the one it was: a pid alone is used again. */

import { readFileSync } from 'node:fs'
import { statOf } from '../../native/stat.ts'

/** A process for good: its pid, when it started in clock ticks since boot, and which boot. */
export type Life = { readonly pid: number; readonly started: string; readonly boot: string }

// Source: proc_sys_kernel(5), random/boot_id
const thisBoot = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** The life of a process that is there. */
export const lifeOf = (pid: number): Life => ({ pid, started: statOf(pid)?.started ?? '', boot: thisBoot() })

/** Whether it still lives: a zombie does not. */
export const isAlive = ({ pid, started, boot }: Life): boolean => {
  const now = statOf(pid)
  if (!now || now.state === 'Z' || now.state === 'X') return false
  return now.started === started && boot === thisBoot()
}
