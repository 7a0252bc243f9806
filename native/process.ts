/** What the kernel says of a process in one line. Source: proc_pid_stat(5) */

import { readFileSync } from 'node:fs'

/** What is asked of it here. */
export type Stat = {
  /** a letter: `Z` for a zombie */
  readonly state: string
  readonly parent: number
  readonly group: number
  readonly session: number
  /** PF_… of the kernel */
  readonly flags: number
  /** when it started, in clock ticks since boot: with the pid it tells a process from a later one */
  readonly started: string
}

/** Undefined for a process that is gone. */
export const statOf = (pid: number): Stat | undefined => {
  let line: string
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The name in brackets may hold anything, so what follows the last bracket is read.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const [state, parent, group, session, , , flags] = fields
  return {
    state: state!,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    flags: Number(flags),
    started: fields[19]!,
  }
}
