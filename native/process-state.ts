/** What the kernel says of a process: whether it lives, whether it has become its command, and whether a pid still means the same one. */

import { readFileSync } from 'node:fs'
import { hasErrno } from './program-error.ts'
import type { Step, StepResults } from './steps.ts'

/** The fields of /proc/PID/stat that are used here. Source: proc_pid_stat(5) */
type Stat = {
  /** a letter: `Z` for a zombie */
  readonly state: string
  readonly parent: number
  /** its process group */
  readonly group: number
  readonly session: number
  /** the kernel's PF_… */
  readonly flags: number
  /** when it started, in clock ticks since boot */
  readonly started: string
}

/** What /proc/PID/stat says of a process; undefined when the process is gone. */
export const statOf = (pid: number): Stat | undefined => {
  let line: string
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The name stands in brackets and may itself have brackets and spaces, so the fields after the last bracket are read.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const [state = '', parent, group, session, , , flags] = fields
  return {
    state,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    flags: Number(flags),
    started: fields[19] ?? '',
  }
}

/** The pids in the text of /proc/PID/status: in the pid namespace that /proc shows first, in its own last. Source: proc_pid_status(5), NSpid */
export const pidsIn = (status: string): number[] =>
  (/^NSpid:\t(.*)$/m.exec(status)?.[1] ?? '').split('\t').map(Number)

/** The pids of a process, as pidsIn() tells them; none when it is gone. Throws NodeJS.ErrnoException. */
export const pidsOf = (pid: number): number[] => {
  try {
    return pidsIn(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ESRCH')) return []
    throw error
  }
}

/** The pids of the children of a process that is known to live. Source: proc_pid_task_children(5) */
export const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)

const LONGEST_COMMAND = 100 // characters

/**
 * The command line of a process as it can be shown in a message, and cut where it is long. Source: proc_pid_cmdline(5)
 * @param longest how many characters are shown
 */
export const commandLineOf = (pid: number, longest = LONGEST_COMMAND): string => {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '').split('\0')
    // Anybody may have written it, so it must not speak to the terminal.
    const line = words.join(' ').replace(/\p{C}/gu, '?')
    return line.length > longest ? `${line.slice(0, longest)}…` : line
  } catch {
    return 'it has just ended'
  }
}

/** A process that has not called exec carries this mark. Source: PF_FORKNOEXEC in include/linux/sched.h */
const FORKED_NO_EXEC = 0x40

/** Whether a process has become its command. A process that is gone may have been it, so the answer is yes. */
export const hasExecuted = (pid: number): boolean => {
  const stat = statOf(pid)
  return stat === undefined || (stat.flags & FORKED_NO_EXEC) === 0
}

/** Whether a child will carry out no more steps: it did all of them, became its command, failed or was killed. */
export const haveStepsEnded = (pid: number, steps: readonly Step[], results: StepResults): boolean =>
  steps.every(step => results.result(step) !== undefined) || statOf(pid)?.state === 'Z' || hasExecuted(pid)

/**
 * What tells one process from every other, because the kernel gives a pid to another process later: the pid, when the
 * process started, in clock ticks since boot, and which boot that was.
 */
export type ProcessIdentity = { readonly pid: number; readonly started: string; readonly boot: string }

// Source: proc_sys_kernel(5), random/boot_id
const thisBoot = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** The identity of a process that exists. */
export const identifyProcess = (pid: number): ProcessIdentity => ({
  pid,
  started: statOf(pid)?.started ?? '',
  boot: thisBoot(),
})

/** Whether this very process still lives. A zombie does not live. */
export const isAlive = ({ pid, started, boot }: ProcessIdentity): boolean => {
  const now = statOf(pid)
  if (!now || now.state === 'Z' || now.state === 'X') return false
  return now.started === started && boot === thisBoot()
}
