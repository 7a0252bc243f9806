/**
 * Signals for the first process of a pid namespace. The kernel drops a signal that this process has no handler for, and
 * in its first moment a command has none. So the signal is kept until there is a handler. When a second signal has come and
 * there is still no handler after a while, SIGKILL ends the command.
 * Source: pid_namespaces(7), The namespace init process
 */

import { readFileSync } from 'node:fs'
import * as libc from './libc.ts'
import { SIGKILL } from './linux.ts'
import { say } from './output.ts'
import { hasExecuted, pidsIn } from './process-state.ts'
import { hasErrno } from './program-error.ts'

const GRACE = 10_000 // ms, as "skdocker stop" has it
const INTERVAL = 20 // ms between two looks

type KeptSignal = {
  name: NodeJS.Signals
  signal: number
  readonly since: number
  isRepeated: boolean
  isTold: boolean
}

/** The signals that are kept, by the pid of the process that they are for. */
const kept = new Map<number, KeptSignal>()

/** Whether a process is the first of a namespace and would not notice a signal. Source: proc_pid_status(5) */
const isLostOn = (pid: number, signal: number): boolean => {
  let status: string
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return false // it has ended
  }
  const pids = pidsIn(status)
  if (pids.length < 2 || pids.at(-1) !== 1) return false
  // Until the process has executed its command, it has Node's handlers, which mean nothing there.
  if (!hasExecuted(pid)) return true
  const masks = [...status.matchAll(/^Sig(?:Blk|Ign|Cgt):\s*(\w+)$/gm)].map(([, mask]) => BigInt(`0x${mask}`))
  return masks.every(mask => ((mask >> BigInt(signal - 1)) & 1n) === 0n)
}

const send = (pid: number, signal: number): void => {
  forgetSignals(pid)
  try {
    libc.kill(pid, signal)
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error
  }
}

/** Sends a kept signal if it would be noticed now, and otherwise says that it is lost. */
const sendOrReport = (pid: number, one: KeptSignal): void => {
  if (!isLostOn(pid, one.signal)) {
    send(pid, one.signal)
    return
  }
  if (performance.now() - one.since < GRACE) return
  if (one.isRepeated) {
    say(`skdocker: ${one.name} came again, and the command has no handler for it: it is ended by SIGKILL`)
    send(pid, SIGKILL)
  } else if (!one.isTold) {
    say(
      `skdocker: ${one.name} is lost on the command, which has no handler for it: send it again, and SIGKILL follows`,
    )
    one.isTold = true
  }
}

let timer: NodeJS.Timeout | undefined

const sendOrReportAll = (): void => {
  for (const [pid, one] of kept) sendOrReport(pid, one)
}

/** Forgets what was kept for a process that has ended. */
export const forgetSignals = (pid: number): void => {
  kept.delete(pid)
  if (kept.size === 0) clearInterval(timer)
}

/**
 * Sends a signal to a child, at once or as soon as it has a handler for it.
 * @throws SystemCallError
 */
export const sendSignal = (pid: number, name: NodeJS.Signals, signal: number): void => {
  if (!isLostOn(pid, signal)) {
    send(pid, signal)
    return
  }
  const before = kept.get(pid)
  if (kept.size === 0) timer = setInterval(sendOrReportAll, INTERVAL).unref()
  const since = before?.since ?? performance.now()
  kept.set(pid, { name, signal, since, isRepeated: before !== undefined, isTold: before?.isTold ?? false })
}
