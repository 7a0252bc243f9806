/** clone(2) and waitpid(2) for Node: the child is a list of steps. */

import { cInt } from './argument.ts'
import { Caretaker, closeCaretakerPipes, takeCareOfTerminal } from './caretaker.ts'
import { cleanStart } from './clean-start.ts'
import * as libc from './libc.ts'
import { CLONE_VM } from './linux.ts'
import { ProgramError } from './program-error.ts'
import { Page } from './shared-page.ts'
import type { Step } from './steps.ts'
import { failure } from './system-call-error.ts'
import { traceChild, traceEnd, traceUntilSettled } from './trace.ts'

/** A child between clone() and exitCode(). */
type Child = {
  readonly pid: number
  readonly steps: readonly Step[]
  readonly page: Page
  readonly caretaker: Caretaker | undefined
}

/** The children of this program that nobody has waited for yet, by pid. */
const children = new Map<number, Child>()

/**
 * A program as a child can carry it out: with a clean start for what it execs, itself or in a child of its own.
 * One step object stands for one result, so a step that is used twice becomes two.
 */
export const withCleanStart = (program: readonly (Step | readonly Step[])[]): Step[] => {
  const steps = program.flat().map(step => ({
    ...step,
    ...(step.undo && { undo: step.undo.map(undo => ({ ...undo })) }),
    ...(step.child && { child: withCleanStart(step.child) }),
  }))
  const exec = steps.findIndex(({ call }) => call === 'execve')
  return exec === -1 ? steps : steps.toSpliced(exec, 0, ...cleanStart())
}

/**
 * Makes a child process that carries out steps, the last of which is usually exec(), in new namespaces or in ours.
 * It returns at once; exitCode() tells how it went, and which step failed if one did. From the start until then SIGTERM
 * and SIGHUP are passed on to the child, and Ctrl-C is left to it: neither ends this program.
 *
 * Node cannot fork: most of its memory is not copied to a child (MADV_DONTFORK), and JavaScript cannot run on the
 * stack that clone(2) wants. So until it execs the child runs nothing but a few machine instructions, which go through
 * the steps.
 *
 * @param program the steps, in order
 * @param how CLONE_NEW… flags, and SIGCHLD
 * @param pidNamespace a descriptor of an existing pid namespace to be born in: a child cannot enter one by itself
 * @returns the child's pid
 * @throws SystemCallError when there is no child, ProgramError for arguments that C does not have
 * Source: clone(2), pid_namespaces(7)
 */
export const clone = (program: readonly (Step | readonly Step[])[], how: number, pidNamespace?: number): number => {
  cInt('clone', how)
  takeCareOfTerminal()
  listen()
  try {
    const child = start(program, how, pidNamespace)
    children.set(child.pid, child)
    told.add(child.pid)
    return child.pid
  } finally {
    stopListening()
  }
}

const start = (program: readonly (Step | readonly Step[])[], how: number, pidNamespace?: number): Child => {
  const given = withCleanStart(program)
  const undo = given.toReversed().flatMap(step => step.undo ?? [])
  const caretaker = undo.length > 0 ? new Caretaker(undo) : undefined
  const steps = [...closeCaretakerPipes(), ...closeCaretakerPipes(caretaker ? [caretaker] : []), ...given]
  let page: Page | undefined
  let pid: number
  try {
    page = new Page([steps, ...(caretaker ? [caretaker.steps] : [])])
    caretaker?.hire(page, 1)
    // With the memory shared nothing is copied, and every result is visible here at once.
    pid = page.launch(0, how | CLONE_VM, pidNamespace)
  } catch (error) {
    caretaker?.dismissNow()
    page?.unmap()
    throw error
  }
  traceChild(pid, steps, page)
  return { pid, steps, page, caretaker }
}

/** Ended by signal n is told as 128 + n. Source: bash(1), Exit Status; the wait status is that of waitpid(2) */
export const exitCodeFromStatus = (status: number): number =>
  (status & 0x7f) === 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)

/** Who is told what this program is told: a child, until it has ended or is left to itself. */
const told = new Set<number>()

/** The last signal that this program was told to end by. */
let heard: NodeJS.Signals | undefined

/** Passes on what somebody tells this program to end by: it outlives its children to clean up. */
const forward = (name: NodeJS.Signals, signal: number): void => {
  heard = name
  for (const pid of told) libc.kill(pid, signal)
}

// The terminal sends these two to the whole job, the container's processes among it.
const hear = (name: NodeJS.Signals): void => {
  heard = name
}

const HANDLERS: readonly [NodeJS.Signals, typeof forward][] = [
  ['SIGTERM', forward],
  ['SIGHUP', forward],
  ['SIGINT', hear],
  ['SIGQUIT', hear],
]

let listening = false
let uninterruptedActs = 0

// Before there is a child, since it may be told to end before its parent comes to wait for it.
const listen = (): void => {
  if (!listening) for (const [signal, handler] of HANDLERS) process.on(signal, handler)
  listening = true
}

const stopListening = (): void => {
  if (!listening || told.size > 0 || uninterruptedActs > 0) return
  for (const [signal, handler] of HANDLERS) process.off(signal, handler)
  listening = false
}

/**
 * Does something to its end, such as to make what has to be put away, and to put it away: SIGTERM and SIGHUP are passed
 * on to the children there are, Ctrl-C is left to them, and neither ends this program.
 */
export const uninterrupted = async <T>(act: () => Promise<T>): Promise<T> => {
  uninterruptedActs++
  heard = undefined
  listen()
  try {
    return await act()
  } finally {
    uninterruptedActs--
    stopListening()
  }
}

/** A whole turn of the event loop, in which it tells of every signal that has come: one immediate may be of this turn. */
export const deliverPendingSignals = async (): Promise<void> => {
  for (let immediates = 0; immediates < 2; immediates++) await new Promise(resolve => setImmediate(resolve))
}

/** Which signal came to end this program by since uninterrupted() began; undefined when none did. */
export const terminationSignal = async (): Promise<NodeJS.Signals | undefined> => {
  await deliverPendingSignals()
  return heard
}

/** From now on nothing is passed on to a child, and a signal is this program's own again. */
export const stopForwardingSignals = (pid: number): void => {
  told.delete(pid)
  stopListening()
}

/**
 * Waits for a child of clone().
 * @param pid what clone() returned
 * @returns the exit status of its command, or 128 + n when signal n ended it
 * @throws SystemCallError naming the step that failed before the command, CommandError (127 or 126) when that could not
 * be started, ProgramError when the pid is no such child
 * Source: waitpid(2)
 */
export const exitCode = async (pid: number): Promise<number> => {
  const child = children.get(pid)
  if (!child)
    throw new ProgramError(`exitCode(${pid}): this is not a child that clone() made, or it was waited for already`)
  try {
    await traceUntilSettled(pid)
    const status = await libc.waitpid(pid)
    told.delete(pid) // its pid may be somebody else's soon
    traceEnd(pid, status)
    await child.caretaker?.dismiss()
    const error = failure(child.steps, child.page)
    if (error) throw error
    return exitCodeFromStatus(status)
  } finally {
    children.delete(pid)
    told.delete(pid)
    child.page.unmap()
    // Not at once: what a caller puts away without waiting for anything is put away by then.
    setImmediate(stopListening)
  }
}
