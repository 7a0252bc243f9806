/** Starts a container that outlives this program. */

import { constants, readFileSync } from 'node:fs'
import { closeCaretakerPipes } from './caretaker.ts'
import { withCleanStart } from './clean-start.ts'
import * as libc from './libc.ts'
import { CLONE_VM, LAST_FD, SIGCHLD } from './linux.ts'
import { haveStepsEnded } from './process-state.ts'
import { Page } from './shared-page.ts'
import {
  close_range,
  dup2,
  fork,
  ignoreFailure,
  open,
  type Program,
  type Range,
  type Step,
  setsid,
  wait4,
} from './steps.ts'
import { findFailure } from './system-call-error.ts'
import { stopTracingChild, traceChild, traceChildren } from './trace.ts'

/** The end of this process's own memory. What is mapped above belongs to the kernel. Source: proc_pid_maps(5) */
const endOfMemory = (): bigint => {
  const ends = [...readFileSync('/proc/self/maps', 'utf8').matchAll(/^\w+-(\w+) .*$/gm)].filter(
    ([line]) => !line.endsWith('[vsyscall]'),
  )
  return BigInt(`0x${ends.at(-1)![1]}`) // a process has memory, or it would not run
}

// The shim starts as a copy of Node, of which it needs only the page it runs in.
const unmapNode = ({ address, length }: Range): Step[] => {
  const end = address + BigInt(length)
  return [
    { call: 'munmap' as const, arguments: [0n, address] },
    { call: 'munmap' as const, arguments: [end, endOfMemory() - end] },
  ].map(ignoreFailure)
}

const standardStreamsToNull = (): Step[] => [
  { call: 'close', arguments: [0] },
  open('/dev/null', constants.O_RDWR), // it opens the lowest free descriptor, which is 0
  dup2(0, 1),
  dup2(0, 2),
]

/** A container that detach() has started. */
type Detached = {
  readonly pid: number
  /**
   * Waits until the container has become its command.
   * @throws SystemCallError, CommandError as exitCode() does
   */
  waitForExec(): Promise<void>
}

/**
 * Starts a child as clone() does, but it outlives this program. Its parent is a shim, a process of a few pages of memory.
 * The shim waits for the child, writes its wait status to a file, and then carries out steps of its own.
 * @param program the steps of the child
 * @param flags CLONE_NEW… for the namespaces that are to be new
 * @param statusFile a descriptor of the file; its first four bytes become the wait status, as waitpid(2) has it
 * @param lastSteps what the shim does in the end, usually exec()
 * @throws SystemCallError
 */
export const detach = async (
  program: Program,
  flags: number,
  statusFile: number,
  lastSteps: readonly Step[],
): Promise<Detached> => {
  const waitStatus = new Uint8Array(4)
  const container = fork([...closeCaretakerPipes(), ...withCleanStart(program)], flags | CLONE_VM | SIGCHLD)
  const shim = (range: Range): Step[] => [
    setsid(),
    container,
    ...standardStreamsToNull(),
    ...[close_range(3, statusFile - 1), close_range(statusFile + 1, LAST_FD)].map(ignoreFailure),
    ...unmapNode(range),
    wait4(waitStatus),
    { call: 'pwrite64', arguments: [statusFile, waitStatus, 4, 0n] },
    ...withCleanStart(lastSteps),
  ]
  // The kernel writes to the rseq(2) area of a process, which lies in Node's memory and which the shim unmaps. A child that
  // shares the memory of its parent has no such area. So a copy of Node is made first, and the shim is a child of that.
  const page = new Page(range => [[fork(shim(range), CLONE_VM | SIGCHLD)]])
  libc.waitpidSync(page.launch(0, SIGCHLD))
  let pid: number | undefined
  while (pid === undefined) {
    await new Promise(resolve => setImmediate(resolve))
    pid = page.result(container)
  }
  const steps = container.child! // fork() has put them there
  if (pid < 0) throw findFailure([container], page)! // a result below 0 is a failure
  traceChild(pid, steps, page)
  return { pid, waitForExec: () => waitForExec(pid, steps, page) }
}

const waitForExec = async (pid: number, steps: readonly Step[], page: Page): Promise<void> => {
  while (!haveStepsEnded(pid, steps, page)) await new Promise(resolve => setTimeout(resolve, 1))
  traceChildren()
  stopTracingChild(pid)
  const error = findFailure(steps, page)
  page.unmapHere()
  if (error) throw error
}
