/**
 * What a command must not inherit from Node: as steps to be done right before exec.
 *
 * Node marks 0, 1 and 2 close-on-exec, makes pipes among them non-blocking, ignores SIGPIPE and SIGXFSZ, has handlers
 * for other signals, and raises the soft limit of open files to the hard one. Whoever started Node may have left
 * descriptors open. And clone() itself blocks signals.
 */

import { constants, readFileSync } from 'node:fs'
import { signalName } from './argument.ts'
import * as libc from './libc.ts'
import { CLOSE_RANGE_CLOEXEC, F_GETFL, F_SETFD, F_SETFL, RLIMIT_NOFILE, SIG_SETMASK, SIGKILL } from './linux.ts'
import { openFilesLimit } from './open-files.ts'
import { close_range, fcntl, perhaps, prlimit, type Step } from './steps.ts'

const SIGNALS = 64
const MASK_BYTES = SIGNALS / 8 // what the kernel calls sigsetsize
const SIGACTION_BYTES = 32
const LAST = 0xffffffff // a descriptor is an unsigned int here: ~0 is all there are

const ZERO_ACTION = new Uint8Array(SIGACTION_BYTES) // SIG_DFL
const ZERO_MASK = new Uint8Array(MASK_BYTES)

const defaultAction = (signal: number): Step => ({
  call: 'rt_sigaction',
  arguments: [{ value: signal, text: signalName(signal) }, ZERO_ACTION, null, MASK_BYTES],
})

const signalsIn = (mask: bigint): number[] =>
  Array.from({ length: SIGNALS }, (_, index) => index + 1).filter(signal => (mask >> BigInt(signal - 1)) & 1n)

let seen = { masks: '', steps: [] as Step[] }

/** For each signal that this process ignores or has a handler for. Source: proc_pid_status(5) */
const defaultActions = (): readonly Step[] => {
  const [masks, ignored, caught] = /^SigIgn:\s*(\w+)\nSigCgt:\s*(\w+)$/m.exec(
    readFileSync('/proc/self/status', 'utf8'),
  )!
  if (masks === seen.masks) return seen.steps
  const changed = signalsIn(BigInt(`0x${ignored}`) | BigInt(`0x${caught}`)).filter(signal => signal !== SIGKILL)
  seen = { masks, steps: changed.map(defaultAction) }
  return seen.steps
}

const unblockAll: Step = {
  call: 'rt_sigprocmask',
  arguments: [{ value: SIG_SETMASK, text: 'SIG_SETMASK' }, ZERO_MASK, null, MASK_BYTES],
}

// A reader that is slow would make such a command fail with EAGAIN. Node does that to pipes, and for the caller too.
const blocking = (fd: number): Step[] => {
  try {
    const flags = libc.fcntl(fd, F_GETFL, 0)
    return flags & constants.O_NONBLOCK ? [fcntl(fd, F_SETFL, flags & ~constants.O_NONBLOCK)] : []
  } catch {
    return [] // it is closed
  }
}

/**
 * The steps that give a command a clean start.
 * @throws ProgramError when /proc is not mounted
 */
export const inheritance = (): Step[] => {
  const limit = openFilesLimit()
  return [
    // A program may have closed one of them on purpose.
    ...[0, 1, 2].flatMap(fd => [fcntl(fd, F_SETFD, 0), ...blocking(fd)]).map(perhaps),
    close_range(3, LAST, CLOSE_RANGE_CLOEXEC),
    ...(limit ? [prlimit(RLIMIT_NOFILE, limit.soft, limit.hard)] : []),
    ...defaultActions(),
    unblockAll,
  ].map(step => ({ ...step })) // one step object stands for one result
}
