/** How far a child has come, seen from outside. */

import { readFileSync } from 'node:fs'
import type { Step } from './steps.ts'

/** Where a child's results can be read. */
export type Results = {
  result(step: Step): number | undefined
  time(step: Step): bigint
}

/** A process that has not called exec carries this mark. Source: PF_FORKNOEXEC in include/linux/sched.h */
const FORKED_NO_EXEC = 0x40

/** State and flags of a process, undefined when there is none any more. Source: proc_pid_stat(5) */
const look = (pid: number): { readonly state: string; readonly flags: number } | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0]!, flags: Number(fields[6]) }
  } catch {
    return undefined
  }
}

/** Whether a process has become its command. One that is gone may have been. */
export const hasExecuted = (pid: number): boolean => {
  const seen = look(pid)
  return seen === undefined || (seen.flags & FORKED_NO_EXEC) === 0
}

/** Whether a child has done all that it does as steps: it became its command, or failed, or died, or is through. */
export const isSettled = (pid: number, steps: readonly Step[], results: Results): boolean =>
  steps.every(step => results.result(step) !== undefined) || look(pid)?.state === 'Z' || hasExecuted(pid)
