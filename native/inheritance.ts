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

/** Signals that this process ignores or has a handler for. Source: proc_pid_status(5) */
const changedSignals = (): number[] => {
  const masks = readFileSync('/proc/self/status', 'utf8').matchAll(/^Sig(?:Ign|Cgt):\s*(\w+)$/gm)
  const changed = [...masks].reduce((all, [, mask]) => all | BigInt(`0x${mask}`), 0n)
  return Array.from({ length: SIGNALS }, (_, index) => index + 1).filter(
    signal => (changed >> BigInt(signal - 1)) & 1n && signal !== SIGKILL,
  )
}

const defaultAction = (signal: number): Step => ({
  call: 'rt_sigaction',
  arguments: [
    { value: signal, text: signalName(signal) },
    new Uint8Array(SIGACTION_BYTES), // all zero is SIG_DFL
    null,
    MASK_BYTES,
  ],
})

const unblockAll: Step = {
  call: 'rt_sigprocmask',
  arguments: [{ value: SIG_SETMASK, text: 'SIG_SETMASK' }, new Uint8Array(MASK_BYTES), null, MASK_BYTES],
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
    ...changedSignals().map(defaultAction),
    unblockAll,
  ]
}
