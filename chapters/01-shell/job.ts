/** Waits for a job, which is the processes of one pipeline. */

import { setImmediate } from 'node:timers/promises'
import { deliverPendingSignals, exitCode, stopForwardingSignals } from '#native/index.ts'
import { SIGINT } from '#native/linux.ts'
import { statOf } from '#native/process-state.ts'
import { reportError } from './lib/report-error.ts'

const TERMINATION_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** How a job ended: the status of its last command, and the signal that was meant for the shell too. */
type JobEnd = { readonly status: number; readonly signal: number | undefined }

/**
 * Waits for all processes of a job.
 * @param pids what clone() returned
 */
export const waitInForeground = async (pids: readonly number[]): Promise<JobEnd> => {
  let statuses: number[] = []
  let signal: number | undefined
  const rememberSignal = (_: NodeJS.Signals, number: number): void => {
    signal = number
  }
  for (const name of TERMINATION_SIGNALS) process.on(name, rememberSignal)
  try {
    statuses = await Promise.all(pids.map(pid => exitCode(pid).catch(reportError)))
    await deliverPendingSignals() // Node may report the end of a child before the signal that caused it
  } finally {
    for (const name of TERMINATION_SIGNALS) process.off(name, rememberSignal)
  }
  // Ctrl-C was meant for the shell only if the job died of it: an editor, for example, has a use of its own for it.
  if (signal === SIGINT && !statuses.includes(128 + SIGINT)) signal = undefined
  return { status: signal === undefined ? (statuses.at(-1) ?? 0) : 128 + signal, signal }
}

/** Whether Ctrl-C cannot reach a process any more. A process that is gone has ended and was waited for. */
const isSafeFromCtrlC = (pid: number): boolean => {
  const stat = statOf(pid)
  return stat === undefined || stat.state === 'Z' || stat.group === pid
}

/** Lets processes run in the background. It waits only until Ctrl-C cannot reach them. */
export const leaveInBackground = async (pids: readonly number[]): Promise<JobEnd> => {
  for (const pid of pids) {
    stopForwardingSignals(pid)
    exitCode(pid).catch(reportError) // it takes the zombie away when the process has ended
  }
  for (const pid of pids) while (!isSafeFromCtrlC(pid)) await setImmediate()
  return { status: 0, signal: undefined }
}
