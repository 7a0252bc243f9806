/**
 * The steps right before exec that take back what a command must not inherit from Node.
 *
 * Node marks descriptors 0, 1 and 2 close-on-exec, makes pipes among them non-blocking, ignores SIGPIPE and SIGXFSZ,
 * handles other signals, and raises the soft limit of open files to the hard one. The program that started Node may have
 * left descriptors open. And clone() itself blocks signals.
 */

import { readFileSync, readlinkSync } from 'node:fs'
import { signalName } from './argument.ts'
import {
  CLOSE_RANGE_CLOEXEC,
  F_SETFD,
  FIONBIO,
  LAST_FD,
  RLIMIT_NOFILE,
  SIG_SETMASK,
  SIGCHLD,
  SIGKILL,
} from './linux.ts'
import { statOf } from './process-state.ts'
import { close_range, fcntl, ignoreFailure, ioctl, type Program, prlimit, type Step } from './steps.ts'

const SIGNALS = 64
const MASK_BYTES = SIGNALS / 8 // what the kernel calls sigsetsize
const SIGACTION_BYTES = 32

const ZERO_ACTION = new Uint8Array(SIGACTION_BYTES) // SIG_DFL
const ZERO_MASK = new Uint8Array(MASK_BYTES)

const defaultAction = (signal: number): Step => ({
  call: 'rt_sigaction',
  arguments: [{ value: signal, text: signalName(signal) }, ZERO_ACTION, null, MASK_BYTES],
})

const signalsIn = (mask: bigint): number[] =>
  Array.from({ length: SIGNALS }, (_, index) => index + 1).filter(signal => (mask >> BigInt(signal - 1)) & 1n)

let lastAnswer = { listeners: '', steps: [] as Step[] }

/**
 * The steps that give every signal which this process ignores or handles its default action. The kernel is asked again
 * only after a listener was added or removed, because Node changes its handlers then. SIGCHLD is always among them:
 * node:child_process handles it without a listener.
 * Source: proc_pid_status(5)
 */
const defaultActions = (): readonly Step[] => {
  const listeners = process.eventNames().map(String).join()
  if (listeners === lastAnswer.listeners) return lastAnswer.steps
  const status = readFileSync('/proc/self/status', 'utf8')
  const [, ignored, caught] = /^SigIgn:\s*(\w+)\nSigCgt:\s*(\w+)$/m.exec(status) ?? []
  if (ignored === undefined || caught === undefined) throw new Error('/proc/self/status names no signals')
  const changed = new Set([...signalsIn(BigInt(`0x${ignored}`) | BigInt(`0x${caught}`)), SIGCHLD])
  changed.delete(SIGKILL) // the kernel lets nobody set its action
  lastAnswer = { listeners, steps: [...changed].map(defaultAction) }
  return lastAnswer.steps
}

const unblockAll: Step = {
  call: 'rt_sigprocmask',
  arguments: [{ value: SIG_SETMASK, text: 'SIG_SETMASK' }, ZERO_MASK, null, MASK_BYTES],
}

const OFF = new Uint8Array(4) // a C int that is 0

// Node makes pipes non-blocking, and a command would fail with EAGAIN when its reader is slow. FIONBIO is used because
// F_SETFL needs the old flags. A failure is ignored, because a program may have closed one of the three on purpose.
const restoreStandardStream = (fd: number): Step[] =>
  [fcntl(fd, F_SETFD, 0), ioctl(fd, FIONBIO, OFF)].map(ignoreFailure)

// Node does not remember the soft limit of open files that it found, and its children inherit the raised one. So the
// limit is read off an ancestor that got it neither from Node nor through Node.

/** A soft and a hard limit. Source: getrlimit(2) */
type Limit = { readonly soft: bigint; readonly hard: bigint }

const UNLIMITED = 2n ** 64n - 1n
const parseLimit = (word: string): bigint => (word === 'unlimited' ? UNLIMITED : BigInt(word))

/** Source: proc_pid_limits(5) */
const limitOf = (pid: number): Limit => {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? []
  if (soft === undefined || hard === undefined) throw new Error(`/proc/${pid}/limits names no limit of open files`)
  return { soft: parseLimit(soft), hard: parseLimit(hard) }
}

/** Whether a process runs Node: its program file has the same name as that of this process. */
const isNode = (pid: number): boolean => {
  if (pid === 0) return false
  const [ours, theirs] = [process.pid, pid].map(each => readlinkSync(`/proc/${each}/exe`).split('/').at(-1))
  return theirs === ours
}

/** The limit of the nearest ancestor for which Node did not raise it. The search ends at the leader of the session, the shell. */
const shellLimit = (own: Limit): Limit => {
  const session = statOf(process.pid)?.session
  for (let pid = process.ppid; pid > 0; ) {
    const parent = statOf(pid)?.parent ?? 0
    const limit = limitOf(pid)
    // A program that Node has started keeps the limit that Node raised, unless it sets one of its own.
    const raised = isNode(pid) || (limit.soft === limit.hard && isNode(parent))
    if (!raised || pid === session) return limit
    pid = parent
  }
  return own
}

let search: { readonly result: Limit | undefined } | undefined

/**
 * The limit of open files that a command should have; undefined when it inherits the right one, or when the right one is
 * not known because the shell replaced itself by Node (`exec node …`). It is looked for once, because the limit that
 * counts is the shell's when it started this program.
 */
const openFilesLimit = (): Limit | undefined => {
  search ??= { result: findLimit() }
  return search.result
}

const findLimit = (): Limit | undefined => {
  const own = limitOf(process.pid)
  try {
    const { soft } = shellLimit(own)
    return soft < own.soft ? { soft, hard: own.hard } : undefined
  } catch {
    // The ancestor belongs to another user, or this /proc does not show it.
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
    ...[0, 1, 2].flatMap(restoreStandardStream),
    close_range(3, LAST_FD, CLOSE_RANGE_CLOEXEC),
    ...(limit ? [prlimit(RLIMIT_NOFILE, limit.soft, limit.hard)] : []),
    ...defaultActions(),
    unblockAll,
  ].map(step => ({ ...step })) // a step object has one result, so every list gets objects of its own
}

/**
 * A program that gives its command a clean start: the steps for that stand right before exec, also in a child's child.
 * All steps are copied, because a step object has one result and the same object may be in a program twice.
 * @throws ProgramError when /proc is not mounted
 */
export const withCleanStart = (program: Program): Step[] => {
  const steps = program.flat().map(step => ({
    ...step,
    ...(step.undo && { undo: step.undo.map(undo => ({ ...undo })) }),
    ...(step.child && { child: withCleanStart(step.child) }),
  }))
  const exec = steps.findIndex(({ call }) => call === 'execve')
  return exec === -1 ? steps : steps.toSpliced(exec, 0, ...cleanStart())
}
