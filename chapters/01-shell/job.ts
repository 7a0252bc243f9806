/** Waiting for a job: now, or when it has ended. */

import { setImmediate } from 'node:timers/promises'
import { deliverPendingSignals, exitCode, stopForwardingSignals } from '#native/index.ts'
import { SIGINT } from '#native/linux.ts'
import { statOf } from '#native/process-state.ts'
import { complain } from './complain.ts'

const TO_END = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** How a job ended: the status of its last command, and the signal that was meant for the shell as well. */
export type Ended = { readonly status: number; readonly signal: number | undefined }

/**
 * Waits for the processes of a job, all of them.
 * @param pids what clone() returned
 */
export const foreground = async (pids: readonly number[]): Promise<Ended> => {
  let statuses: number[] = []
  let signal: number | undefined
  const note = (_: NodeJS.Signals, number: number): void => {
    signal = number
  }
  for (const name of TO_END) process.on(name, note)
  try {
    statuses = await Promise.all(pids.map(pid => exitCode(pid).catch(complain)))
    await deliverPendingSignals() // it may tell of an end before it tells of the signal that caused it
  } finally {
    for (const name of TO_END) process.off(name, note)
  }
  // An editor may have a use of its own for Ctrl-C: it was for the shell only if the job died of it.
  if (signal === SIGINT && !statuses.includes(128 + SIGINT)) signal = undefined
  return { status: signal === undefined ? (statuses.at(-1) ?? 0) : 128 + signal, signal }
}

/** Whether Ctrl-C does not reach it any more. One that is gone has ended, and was waited for. */
const isOutOfReach = (pid: number): boolean => {
  const stat = statOf(pid)
  return stat === undefined || stat.state === 'Z' || stat.group === pid
}

/** Leaves processes to themselves, and buries them when they have ended. */
export const background = async (pids: readonly number[]): Promise<Ended> => {
  for (const pid of pids) {
    stopForwardingSignals(pid)
    exitCode(pid).catch(complain)
  }
  for (const pid of pids) while (!isOutOfReach(pid)) await setImmediate()
  return { status: 0, signal: undefined }
}
