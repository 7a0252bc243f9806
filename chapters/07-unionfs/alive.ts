/** Whether a process is still the one it was: a pid alone is used again. */

import { readFileSync } from 'node:fs'

/** A process for good: its pid, when it started in clock ticks since boot, and which boot. */
export type Life = { readonly pid: number; readonly started: string; readonly boot: string }

// Source: proc_pid_stat(5), fields 3 and 22
const stateAndStart = (pid: number): { readonly state: string; readonly started: string } | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0]!, started: fields[19]! }
  } catch {
    return undefined
  }
}

// Source: proc_sys_kernel(5), random/boot_id
const thisBoot = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** The life of a process that is there. */
export const lifeOf = (pid: number): Life => ({ pid, started: stateAndStart(pid)?.started ?? '', boot: thisBoot() })

/** Whether it still lives: a zombie does not. */
export const isAlive = ({ pid, started, boot }: Life): boolean => {
  const now = stateAndStart(pid)
  return (
    now !== undefined && now.state !== 'Z' && now.state !== 'X' && now.started === started && boot === thisBoot()
  )
}
