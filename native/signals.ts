/**
 * The signals by which somebody ends this program. While it has children it passes them on and waits for the children,
 * because it has to clean up after them.
 */

import * as libc from './libc.ts'

/** The pids of the children that get the signals which this program gets. */
export const signalReceivers = new Set<number>()

let lastSignal: NodeJS.Signals | undefined

const passOn = (name: NodeJS.Signals, signal: number): void => {
  lastSignal = name
  for (const pid of signalReceivers) libc.kill(pid, signal)
}

// Ctrl-C and Ctrl-\ are not passed on: the terminal sends them to the whole job, the children included.
const remember = (name: NodeJS.Signals): void => {
  lastSignal = name
}

const SIGNAL_HANDLERS: readonly [NodeJS.Signals, typeof passOn][] = [
  ['SIGTERM', passOn],
  ['SIGHUP', passOn],
  ['SIGINT', remember],
  ['SIGQUIT', remember],
]

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

/** From now on a child no longer gets the signals that this program gets. */
export const stopForwardingSignals = (pid: number): void => {
  signalReceivers.delete(pid)
  removeUnneededSignalHandlers()
}

/**
 * Does something that no signal may interrupt, such as making what has to be cleaned up, and cleaning it up. SIGTERM and
 * SIGHUP are passed on to the children that there are; neither they nor Ctrl-C end this program meanwhile.
 */
export const uninterrupted = async <T>(act: () => Promise<T>): Promise<T> => {
  uninterruptedActs++
  lastSignal = undefined
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

/** The last signal that was to end this program since uninterrupted() began; undefined when there was none. */
export const terminationSignal = async (): Promise<NodeJS.Signals | undefined> => {
  await deliverPendingSignals()
  return lastSignal
}
