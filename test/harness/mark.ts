import { randomInt } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { type Process, processes } from '../../runner/probe/processes.ts'

// A container leaves its session, loses its parent and gets another environment, yet everything that the
// tests start must be told from what the machine does meanwhile. The timer slack (PR_SET_TIMERSLACK) is
// inherited through clone and exec, by orphans too, and nothing sets it by the way: an odd number of
// nanoseconds there is the mark. Where it cannot be read, the environment variable has to do.
const DEFAULT_SLACK = 50_000

const bystanders = new Set<number>([process.pid])

/** Puts the mark on this process, from which all that it starts inherits it. Once per test file. */
export const mark = (): void => {
  process.env.SKDOCKER_TEST = String(DEFAULT_SLACK + 1 + randomInt(DEFAULT_SLACK))
  try {
    writeFileSync('/proc/self/timerslack_ns', process.env.SKDOCKER_TEST)
  } catch {
    // an old kernel, or one without the file: isMarked looks at the environment
  }
}

/**
 * Processes started by this test file, at any depth, but for the test runner and the helpers it knows.
 * A zombie that only the machine's init has still to reap is over for us: some inits are slow, or never do.
 */
export const markedProcesses = (): Process[] => {
  const marked = processes().filter(({ pid }) => isMarked(pid))
  const parents = new Set(marked.map(({ pid }) => pid))
  return marked.filter(({ pid, ppid, state }) => !bystanders.has(pid) && (state !== 'Z' || parents.has(ppid)))
}

/** A long-lived process of the harness itself, no part of any test: never reported as left over. */
export const declareBystander = (pid: number): void => {
  bystanders.add(pid)
}

const hasVariable = (pid: number, variable: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable)
  } catch {
    return false
  }
}

/** Whether a process was started by this test file, be it a zombie. */
export const isMarked = (pid: number): boolean => {
  const own = process.env.SKDOCKER_TEST
  try {
    return readFileSync(`/proc/${pid}/timerslack_ns`, 'utf8').trim() === own
  } catch {
    return hasVariable(pid, `SKDOCKER_TEST=${own}`)
  }
}
