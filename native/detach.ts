/** A container that outlives the program that starts it. */

import { readFileSync } from 'node:fs'
import { closeCaretakerPipes } from './caretaker.ts'
import { withCleanStart } from './clone.ts'
import * as libc from './libc.ts'
import { SIGCHLD } from './linux.ts'
import { haveStepsEnded } from './process-state.ts'
import { Page, type Range } from './shared-page.ts'
import { close_range, dup2, fork, ignoreFailure, open, type Step, setsid, wait4 } from './steps.ts'
import { failure } from './system-call-error.ts'
import { traceChild, traceChildren } from './trace.ts'

const LAST = 0xffffffff
const O_RDWR = 2

/** Where this process's own memory ends; what is mapped above belongs to the kernel. Source: proc_pid_maps(5) */
const endOfMemory = (): bigint => {
  const ends = [...readFileSync('/proc/self/maps', 'utf8').matchAll(/^\w+-(\w+) .*$/gm)].filter(
    ([line]) => !line.endsWith('[vsyscall]'),
  )
  return BigInt(`0x${ends.at(-1)![1]}`)
}

// The shim is a copy of Node that needs nothing of Node but the page it runs in.
const forgetNode = ({ address, length }: Range): Step[] => {
  const end = address + BigInt(length)
  return [
    { call: 'munmap' as const, arguments: [0n, address] },
    { call: 'munmap' as const, arguments: [end, endOfMemory() - end] },
  ].map(ignoreFailure)
}

const onlyNull = (): Step[] => [
  { call: 'close', arguments: [0] },
  open('/dev/null', O_RDWR), // the lowest free descriptor, which is 0
  dup2(0, 1),
  dup2(0, 2),
]

/** A container and the process that waits for it. */
export type Detached = {
  readonly pid: number
  /**
   * Waits until the container has become its command.
   * @throws SystemCallError, CommandError as exitCode() does
   */
  waitForExec(): Promise<void>
}

/**
 * clone() for a container that is to outlive this program. Its parent is a shim: a few pages of memory that wait for
 * its end, write down what became of it, and then become a last command.
 * @param program the container's steps
 * @param how CLONE_NEW… flags
 * @param status a descriptor of a file; its first four bytes will be the wait status, as waitpid(2) has it
 * @param last what the shim does in the end: usually exec()
 * @throws SystemCallError
 */
export const detach = async (
  program: readonly (Step | readonly Step[])[],
  how: number,
  status: number,
  last: readonly Step[],
): Promise<Detached> => {
  const waitStatus = new Uint8Array(4)
  const container = fork([...closeCaretakerPipes(), ...withCleanStart(program)], how | SIGCHLD)
  const shim = (range: Range): Step[] => [
    setsid(),
    container,
    ...onlyNull(),
    ...[close_range(3, status - 1), close_range(status + 1, LAST)].map(ignoreFailure),
    ...forgetNode(range),
    wait4(waitStatus),
    { call: 'pwrite64', arguments: [status, waitStatus, 4, 0n] },
    ...withCleanStart(last),
  ]
  // A copy of Node's memory in a process that the kernel does not write to: what clone(2) gives a child that shares
  // memory has no rseq(2) area, and it is that area, among all the rest, which the shim lets go of.
  const page = new Page(range => [[fork(shim(range), SIGCHLD)]])
  libc.waitpidSync(page.launch(0, SIGCHLD))
  let pid: number | undefined
  while (pid === undefined) {
    await new Promise(resolve => setImmediate(resolve))
    pid = page.result(container)
  }
  const steps = container.child!
  if (pid < 0) throw failure([container], page)!
  traceChild(pid, steps, page)
  return { pid, waitForExec: () => waitForExec(pid, steps, page) }
}

const waitForExec = async (pid: number, steps: readonly Step[], page: Page): Promise<void> => {
  while (!haveStepsEnded(pid, steps, page)) await new Promise(resolve => setTimeout(resolve, 1))
  traceChildren()
  const error = failure(steps, page)
  page.abandon()
  if (error) throw error
}
