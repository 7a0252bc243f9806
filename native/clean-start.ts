/**
 * What a command must not inherit from Node: as steps to be done right before exec.
 *
 * Node marks 0, 1 and 2 close-on-exec, makes pipes among them non-blocking, ignores SIGPIPE and SIGXFSZ, has handlers
 * for other signals, and raises the soft limit of open files to the hard one. Whoever started Node may have left
 * descriptors open. And clone() itself blocks signals.
 */

import { readFileSync, readlinkSync } from 'node:fs'
import { signalName } from './argument.ts'
import { CLOSE_RANGE_CLOEXEC, F_SETFD, FIONBIO, RLIMIT_NOFILE, SIG_SETMASK, SIGCHLD, SIGKILL } from './linux.ts'
import { statOf } from './process-state.ts'
import { close_range, fcntl, ignoreFailure, ioctl, prlimit, type Step } from './steps.ts'

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

let seen = { listeners: '', steps: [] as Step[] }

/**
 * For each signal that this process ignores or has a handler for. Node changes that when a listener comes or goes, so
 * it is read again only then; and, without a listener, for SIGCHLD when child_process starts something.
 * Source: proc_pid_status(5)
 */
const defaultActions = (): readonly Step[] => {
  const listeners = process.eventNames().map(String).join()
  if (listeners === seen.listeners) return seen.steps
  const [, ignored, caught] = /^SigIgn:\s*(\w+)\nSigCgt:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))!
  const changed = new Set([...signalsIn(BigInt(`0x${ignored}`) | BigInt(`0x${caught}`)), SIGCHLD])
  changed.delete(SIGKILL)
  seen = { listeners, steps: [...changed].map(defaultAction) }
  return seen.steps
}

const unblockAll: Step = {
  call: 'rt_sigprocmask',
  arguments: [{ value: SIG_SETMASK, text: 'SIG_SETMASK' }, ZERO_MASK, null, MASK_BYTES],
}

const OFF = new Uint8Array(4) // a C int

// Node makes pipes non-blocking, for the caller too; a slow reader would make such a command fail with EAGAIN.
// Unlike F_SETFL this asks for no flags to be read before. A program may have closed one of them on purpose.
const standard = (fd: number): Step[] => [fcntl(fd, F_SETFD, 0), ioctl(fd, FIONBIO, OFF)].map(ignoreFailure)

// Node forgets what the soft limit of open files was, and all that it starts inherits its own: so it has to be read off
// an ancestor that is not Node's work.

/** A soft and a hard limit. Source: getrlimit(2) */
type Limit = { readonly soft: bigint; readonly hard: bigint }

const UNLIMITED = 2n ** 64n - 1n
const amount = (word: string): bigint => (word === 'unlimited' ? UNLIMITED : BigInt(word))

/** Source: proc_pid_limits(5) */
const limitOf = (pid: number): Limit => {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? []
  if (soft === undefined || hard === undefined) throw new Error(`/proc/${pid}/limits names no limit of open files`)
  return { soft: amount(soft), hard: amount(hard) }
}

const isNode = (pid: number): boolean => {
  if (pid === 0) return false
  const [mine, its] = [process.pid, pid].map(each => readlinkSync(`/proc/${each}/exe`).split('/').at(-1))
  return its === mine
}

/** The nearest ancestor's limit that Node did not raise, on the way up to the leader of the session: the shell itself. */
const shellLimit = (own: Limit): Limit => {
  const session = statOf(process.pid)?.session
  for (let pid = process.ppid; pid > 0; ) {
    const parent = statOf(pid)?.parent ?? 0
    const limit = limitOf(pid)
    const raised = isNode(pid) || (limit.soft === limit.hard && isNode(parent))
    if (!raised || pid === session) return limit
    pid = parent
  }
  return own
}

/**
 * The limit of open files that a command should have, where it is not the one it would inherit.
 * A shell that replaced itself by Node (`exec node …`) took its own limit with it: then it is not known.
 * Looked for once: what the shell does to itself later is not meant for us.
 */
const openFilesLimit = (): Limit | undefined => {
  known ??= { limit: findLimit() }
  return known.limit
}

let known: { readonly limit: Limit | undefined } | undefined

const findLimit = (): Limit | undefined => {
  const own = limitOf(process.pid)
  try {
    const { soft } = shellLimit(own)
    return soft < own.soft ? { soft, hard: own.hard } : undefined
  } catch {
    // Ancestors of another user, or in a world this /proc does not show.
    return undefined
  }
}

/**
 * The steps that give a command a clean start.
 * @throws ProgramError when /proc is not mounted
 */
export const cleanStart = (): Step[] => {
  const limit = openFilesLimit()
  return [
    ...[0, 1, 2].flatMap(standard),
    close_range(3, LAST, CLOSE_RANGE_CLOEXEC),
    ...(limit ? [prlimit(RLIMIT_NOFILE, limit.soft, limit.hard)] : []),
    ...defaultActions(),
    unblockAll,
  ].map(step => ({ ...step })) // one step object stands for one result
}
