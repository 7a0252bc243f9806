/** clone(2) and waitpid(2) for Node. The steps of a child are the system calls that it makes one after another. */

import { checkCInt } from './argument.ts'
import { Caretaker, closeCaretakerPipes } from './caretaker.ts'
import { withCleanStart } from './clean-start.ts'
import * as libc from './libc.ts'
import { CLONE_VM } from './linux.ts'
import { ProgramError } from './program-error.ts'
import { restoreTerminalAtEnd } from './restore-terminal.ts'
import { Page } from './shared-page.ts'
import { forgetChild, forwardSignals, installSignalHandlers, removeUnneededSignalHandlers } from './signals.ts'
import type { Program, Step, StepResults } from './steps.ts'
import { findFailure } from './system-call-error.ts'
import { traceChild, traceEnd, traceUntilStepsEnded } from './trace.ts'

/** A child that clone() has started and exitCode() has not waited for yet. */
type Child = {
  readonly pid: number
  readonly steps: readonly Step[]
  /** what the child has noted of its steps */
  readonly results: StepResults
  /** gives back the memory from which the child reads its steps, and to which it writes their results */
  readonly release: () => void
  /** the process that undoes the steps; undefined when none of them has to be undone */
  readonly caretaker: Caretaker | undefined
}

const children = new Map<number, Child>()

/**
 * Starts a child process that carries out steps. The last step is usually exec().
 *
 * clone() returns at once; exitCode() waits for the child and reports a step that failed. Until exitCode() has returned,
 * this program passes SIGTERM and SIGHUP on to the child, and neither they nor Ctrl-C end this program.
 *
 * Node cannot fork, because the kernel does not copy most of Node's memory to a child (MADV_DONTFORK), and because
 * JavaScript cannot run on the stack that clone(2) needs. So the child runs no JavaScript. It runs a few machine
 * instructions, which make one system call after another until exec replaces them.
 *
 * @param program the steps, in order
 * @param flags CLONE_NEW… for the namespaces that are to be new, and SIGCHLD
 * @param pidNamespace a descriptor of an existing pid namespace for the child, which cannot enter one by itself
 * @returns the child's pid
 * @throws SystemCallError when the kernel makes no child, ProgramError for arguments that C cannot represent
 * Source: clone(2), pid_namespaces(7)
 */
export const clone = (program: Program, flags: number, pidNamespace?: number): number => {
  // The handlers come before the child: a signal that arrived in between would end this program alone.
  installSignalHandlers()
  try {
    const pid = cloneWithoutSignals(program, flags, pidNamespace)
    forwardSignals(pid)
    return pid
  } finally {
    removeUnneededSignalHandlers()
  }
}

/**
 * Does what clone() does, but the child gets none of the signals that this program gets. It is for work that must be done
 * whole: uninterrupted() keeps signals from ending this program meanwhile.
 */
export const cloneWithoutSignals = (program: Program, flags: number, pidNamespace?: number): number => {
  checkCInt('clone', flags)
  restoreTerminalAtEnd()
  const child = startChild(program, flags, pidNamespace)
  children.set(child.pid, child)
  return child.pid
}

const startChild = (program: Program, flags: number, pidNamespace?: number): Child => {
  const ownSteps = withCleanStart(program)
  // A caretaker is a second child. It undoes steps when the first child or this program has ended, the last step first.
  const undo = ownSteps.toReversed().flatMap(step => step.undo ?? [])
  const caretaker = undo.length > 0 ? new Caretaker(undo) : undefined
  const steps = [...closeCaretakerPipes(caretaker), ...ownSteps]
  let page: Page | undefined
  let pid: number
  try {
    // A page is memory that this program shares with its children. Program 0 in it is the child's, 1 the caretaker's.
    page = new Page([steps, ...(caretaker ? [caretaker.steps] : [])])
    caretaker?.start(page, 1)
    // CLONE_VM shares the memory with the child, so that nothing is copied and every result is visible here at once.
    pid = page.launch(0, flags | CLONE_VM, pidNamespace)
  } catch (error) {
    caretaker?.finishSync()
    page?.release()
    throw error
  }
  traceChild(pid, steps, page) // with --trace, the child's calls are printed from now on
  return { pid, steps, results: page, release: page.release.bind(page), caretaker }
}

/**
 * Registers a process that clone() has not made, but one of its children. With CLONE_PARENT the kernel has made it a child
 * of this program, too. exitCode() waits for it, and signals are passed on to it, as if clone() had made it.
 * @param release is called when its results are no longer read
 * Source: clone(2), CLONE_PARENT
 */
export const adopt = (pid: number, steps: readonly Step[], results: StepResults, release: () => void): void => {
  installSignalHandlers()
  children.set(pid, { pid, steps, results, release, caretaker: undefined })
  forwardSignals(pid)
  traceChild(pid, steps, results)
}

/**
 * The exit code that a shell shows for a wait status: 128 + n when signal n ended the process.
 * @param status the wait status, as waitpid(2) has it
 * Source: bash(1), Exit Status
 */
export const exitCodeFromStatus = (status: number): number => {
  const signal = status & 0x7f
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal
}

/**
 * Waits for a child that clone() has started, and for its steps to be undone.
 * @param pid what clone() returned
 * @returns the exit code of its command, or 128 + n when signal n ended it
 * @throws SystemCallError for a step that failed, CommandError (exit code 127 or 126) when the command could not be
 * started, ProgramError when the pid is not that of such a child
 * Source: waitpid(2)
 */
export const exitCode = async (pid: number): Promise<number> => {
  const child = children.get(pid)
  if (!child)
    throw new ProgramError(`exitCode(${pid}): this is not a child that clone() made, or it was waited for already`)
  try {
    await traceUntilStepsEnded(pid)
    const status = await libc.waitpid(pid)
    forgetChild(pid)
    traceEnd(pid, status)
    await child.caretaker?.finish()
    const failure = findFailure(child.steps, child.results)
    if (failure) throw failure
    return exitCodeFromStatus(status)
  } finally {
    children.delete(pid)
    forgetChild(pid)
    child.release()
    // The handlers are removed in the next turn of the event loop, so that what the caller cleans up at once is still safe.
    setImmediate(removeUnneededSignalHandlers)
  }
}
