/**
 * The signals by which somebody ends this program. While it has children it passes them on and waits for the children,
 * because it has to clean up after them.
 */

import { constants } from 'node:os'
import * as libc from './libc.ts'
import { SIGKILL } from './linux.ts'
import { isReaderGone, whenReaderIsGone } from './output.ts'
import { hasErrno, ProgramError } from './program-error.ts'
import { forgetSignals, sendSignal } from './signal-init.ts'

/** The pids of the children that get the signals which this program gets. */
const signalReceivers = new Set<number>()

/** A signal has ended what this program was about to do. Its exit code is 128 + n, as a shell has it. */
export class Interrupted extends ProgramError {
  /** @param when it came, such as "before the command began" */
  constructor(signal: NodeJS.Signals, when: string) {
    super(`${signal} came ${when}`, 128 + constants.signals[signal])
  }
}

let lastSignal: NodeJS.Signals | undefined

const passOn = (name: NodeJS.Signals, signal: number): void => {
  lastSignal = name
  for (const pid of signalReceivers) sendSignal(pid, name, signal)
}

// Ctrl-C and Ctrl-\ are not passed on: the terminal sends them to the whole job, the children included.
const remember = (name: NodeJS.Signals): void => {
  lastSignal = name
}

const killChild = (pid: number): void => {
  try {
    libc.kill(pid, SIGKILL)
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error
  }
}

// When nobody reads the output any more, the children are killed, as SIGPIPE would kill a program in C. This program cleans
// up before it ends.
whenReaderIsGone(() => {
  lastSignal = 'SIGPIPE'
  for (const pid of signalReceivers) killChild(pid)
})

const SIGNAL_HANDLERS: readonly [NodeJS.Signals, typeof passOn][] = [
  ['SIGTERM', passOn],
  ['SIGHUP', passOn],
  ['SIGINT', remember],
  ['SIGQUIT', remember],
]

type Listener = (name: NodeJS.Signals) => void

const listeners = new Set<Listener>()

const tellListeners = (name: NodeJS.Signals): void => {
  for (const listener of listeners) listener(name)
}

/**
 * Tells a listener of each of these signals. As long as it listens they do not end this program.
 * @returns a function that ends the listening
 */
export const listenToSignals = (listener: Listener): (() => void) => {
  if (listeners.size === 0) for (const [signal] of SIGNAL_HANDLERS) process.on(signal, tellListeners)
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) for (const [signal] of SIGNAL_HANDLERS) process.off(signal, tellListeners)
  }
}

let handlersAreInstalled = false
let uninterruptedActs = 0

/** From now on these signals do not end this program. */
export const installSignalHandlers = (): void => {
  if (!handlersAreInstalled) for (const [signal, handler] of SIGNAL_HANDLERS) process.on(signal, handler)
  handlersAreInstalled = true
}

/** Lets the signals end this program again, unless it has a child or does something that must not be interrupted. */
export const removeUnneededSignalHandlers = (): void => {
  if (!handlersAreInstalled || signalReceivers.size > 0 || uninterruptedActs > 0) return
  for (const [signal, handler] of SIGNAL_HANDLERS) process.off(signal, handler)
  handlersAreInstalled = false
}

/** From now on a child gets the signals that this program gets. When nobody reads the output any more it is killed. */
export const forwardSignals = (pid: number): void => {
  signalReceivers.add(pid)
  if (isReaderGone()) killChild(pid)
}

/** A child that has ended gets no signals any more: the kernel may give its pid to another process. */
export const forgetChild = (pid: number): void => {
  signalReceivers.delete(pid)
  forgetSignals(pid)
}

/** From now on a child no longer gets the signals that this program gets. */
export const stopForwardingSignals = (pid: number): void => {
  forgetChild(pid)
  removeUnneededSignalHandlers()
}

/** Whether a signal may end what this program does. */
export const isInterruptible = (): boolean => uninterruptedActs === 0

/**
 * Does something that no signal may interrupt, such as making what has to be cleaned up, and cleaning it up. SIGTERM and
 * SIGHUP are passed on to the children that there are; neither they nor Ctrl-C end this program meanwhile.
 */
export const uninterrupted = async <T>(act: () => Promise<T>): Promise<T> => {
  uninterruptedActs++
  installSignalHandlers()
  try {
    return await act()
  } finally {
    uninterruptedActs--
    removeUnneededSignalHandlers()
  }
}

/**
 * Lets the event loop call the handlers of all signals that have arrived. That takes a whole turn of the loop, and one
 * setImmediate() may still belong to the present turn.
 */
export const deliverPendingSignals = async (): Promise<void> => {
  for (let immediates = 0; immediates < 2; immediates++) await new Promise(resolve => setImmediate(resolve))
}

/** The last signal that would have ended this program if it had no handlers; undefined when there was none. */
export const terminationSignal = async (): Promise<NodeJS.Signals | undefined> => {
  await deliverPendingSignals()
  return lastSignal
}
