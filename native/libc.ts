/** System calls that this program makes itself, through its own libc, glibc or musl. */

import { constants } from 'node:os'
import { type Argument, type Named, namedFlags, namedNumber, showCall, signalName } from './argument.ts'
import { type Answer, invoke } from './ffi.ts'
import {
  CLONE,
  FCNTL,
  IOCTL,
  MAP,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  MFD_EXEC,
  O_CLOEXEC,
  PROT,
  SIG_BLOCK,
  UMOUNT,
} from './linux.ts'
import { hasErrno } from './program-error.ts'
import { SystemCallError } from './system-call-error.ts'
import { isTracing, traceCall } from './trace.ts'

/** Traces a call. Throws SystemCallError when it failed, and returns what it returned. */
const checkAnswer = (name: string, args: readonly Argument[], { value, errnoCode }: Answer) => {
  const failed = Number(value) === -1
  const errno = failed ? errnoCode : 0
  if (isTracing()) traceCall(showCall(name, args), failed ? -errno : value)
  if (failed) throw new SystemCallError(name, args, errno)
  return value
}

/**
 * Calls a libc function that returns -1 and sets errno when it fails.
 * @throws SystemCallError when it fails, ProgramError for an argument that C cannot represent
 */
const call = (name: string, ...args: Argument[]): number =>
  checkAnswer(name, args, invoke(name, 'int', args)) as number

const callForAddress = (name: string, ...args: Argument[]): bigint =>
  checkAnswer(name, args, invoke(name, 'pointer', args)) as bigint

const cloneFlags = (value: number): Named => namedFlags(value, CLONE, signalName)

/** Sends a signal. Throws SystemCallError. Source: kill(2) */
export const kill = (pid: number, signal: number): void =>
  void call('kill', pid, { value: signal, text: signalName(signal) })

/** Moves this thread into the namespaces that a descriptor stands for. Throws SystemCallError. Source: setns(2) */
export const setns = (fd: number, nstype: number): void => void call('setns', fd, cloneFlags(nstype))

/** Moves this thread into new namespaces, and no other thread of this process. Throws SystemCallError. Source: unshare(2) */
export const unshare = (flags: number): void => void call('unshare', cloneFlags(flags))

/** Removes a mount. Throws SystemCallError. Source: umount2(2) */
export const umount2 = (target: string, flags: number): void =>
  void call('umount2', target, namedFlags(flags, UMOUNT))

/** Closes a descriptor. Throws SystemCallError. Source: close(2) */
export const close = (fd: number): void => void call('close', fd)

/** The pid of this process. Source: getpid(2) */
export const getpid = (): number => call('getpid')

/** The process group that this process is in. Source: getpgrp(2) */
export const getpgrp = (): number => call('getpgrp')

/** Whether a descriptor is a terminal. Source: isatty(3) */
export const isatty = (fd: number): boolean => invoke('isatty', 'int', [fd]).value === 1

/** Makes a pipe that no command inherits, and returns its reading end and its writing end. Throws SystemCallError. Source: pipe2(2) */
export const pipe2 = (): [number, number] => {
  const ends = new Int32Array(2)
  call('pipe2', new Uint8Array(ends.buffer), { value: O_CLOEXEC, text: 'O_CLOEXEC' })
  const [readEnd = -1, writeEnd = -1] = ends
  return [readEnd, writeEnd]
}

/** Opens a descriptor that stands for a process. Throws SystemCallError. Source: pidfd_open(2) */
export const pidfdOpen = (pid: number): number => call('syscall', { value: 434, text: 'SYS_pidfd_open' }, pid, 0)

const LOCK_EX_NB: Named = { value: 6, text: 'LOCK_EX|LOCK_NB' }

/**
 * Locks an open file until it is closed, unless somebody else has locked it.
 * @returns whether it is locked now
 * @throws SystemCallError
 * Source: flock(2)
 */
export const flock = (fd: number): boolean => {
  const args = [fd, LOCK_EX_NB]
  const answer = invoke('flock', 'int', args)
  if (answer.value === -1 && answer.errnoCode === constants.errno.EAGAIN) return false
  checkAnswer('flock', args, answer)
  return true
}

const memfd = (name: string, flags: number): number =>
  call('memfd_create', name, namedFlags(flags, { MFD_CLOEXEC, MFD_ALLOW_SEALING, MFD_EXEC }))

/**
 * Makes a file that lies in memory alone, may be executed, and is gone with its last descriptor. Linux has the flag for
 * that since 6.3 and needs it where vm.memfd_noexec is 1; before, every such file may be executed.
 * @param name what /proc/PID/fd shows
 * @throws SystemCallError
 * Source: memfd_create(2)
 */
export const memfdCreate = (name: string): number => {
  const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING
  try {
    return memfd(name, flags | MFD_EXEC)
  } catch (error) {
    if (!hasErrno(error, 'EINVAL')) throw error
    return memfd(name, flags)
  }
}

/** Reads or changes a property of a descriptor. Throws SystemCallError. Source: fcntl(2) */
export const fcntl = (fd: number, operation: number, argument: number): number =>
  call('fcntl', fd, namedNumber(operation, FCNTL), argument)

/** Reads a device's state into bytes. Throws SystemCallError. Source: ioctl(2) */
export const ioctl = (fd: number, request: number, bytes: Uint8Array): void =>
  void call('ioctl', fd, namedNumber(request, IOCTL), bytes)

/** Changes this thread's signal mask. Throws SystemCallError. Source: sigprocmask(2) */
export const sigprocmask = (operation: number, set: Uint8Array, old: Uint8Array | null): void => {
  const text = operation === SIG_BLOCK ? 'SIG_BLOCK' : 'SIG_SETMASK'
  call('sigprocmask', { value: operation, text }, set, old)
}

/** Maps memory that children share. Throws SystemCallError. Source: mmap(2) */
export const mmap = (length: number, protection: number, flags: number): bigint =>
  callForAddress('mmap', 0n, BigInt(length), namedFlags(protection, PROT), namedFlags(flags, MAP), -1, 0n)

/** Changes what may be done with memory. Throws SystemCallError. Source: mprotect(2) */
export const mprotect = (address: bigint, length: number, protection: number): void =>
  void call('mprotect', address, BigInt(length), namedFlags(protection, PROT))

/** Gives memory back. Throws SystemCallError. Source: munmap(2) */
export const munmap = (address: bigint, length: number): void => void call('munmap', address, BigInt(length))

/**
 * clone(2) as libc has it.
 * @param start the address at which the child starts
 * @param stack the upper end of the child's stack
 * @param flags CLONE_… and the signal that the parent gets when the child ends
 * @param argument what the child finds in the register of a first argument
 * @returns the child's pid
 * @throws SystemCallError
 */
export const cloneAt = (start: bigint, stack: bigint, flags: number, argument: bigint): number =>
  call('clone', start, stack, cloneFlags(flags), argument)

const WNOHANG = 1

const firstOf = ([value = 0]: Int32Array): number => value

/** The wait status of a child; undefined while it lives. Throws SystemCallError. */
const waitpidNoHang = (pid: number): number | undefined => {
  const status = new Int32Array(1)
  const args = [pid, new Uint8Array(status.buffer), { value: WNOHANG, text: 'WNOHANG' }]
  const answer = invoke('waitpid', 'int', args)
  if (answer.value === 0) return undefined
  checkAnswer('waitpid', args, answer)
  return firstOf(status)
}

const awaited = new Map<number, { resolve(status: number): void; reject(error: unknown): void }>()

const checkAwaitedChildren = (): void => {
  for (const [pid, { resolve, reject }] of awaited) {
    try {
      const status = waitpidNoHang(pid)
      if (status === undefined) continue
      resolve(status)
    } catch (error) {
      reject(error)
    }
    awaited.delete(pid)
  }
  if (awaited.size === 0) clearInterval(keepAlive)
}

// Node ends when nothing but a signal handler is left, so a timer keeps it running while a child is awaited.
let keepAlive: NodeJS.Timeout | undefined
const KEEP_ALIVE_MS = 1000

let handlerIsInstalled = false

// The handler stays for good, because without an awaited child it does nothing.
const installHandler = (): void => {
  if (!handlerIsInstalled) process.on('SIGCHLD', checkAwaitedChildren)
  handlerIsInstalled = true
}

/**
 * Waits for one child without blocking the event loop. It uses none of Node's threads, because Node has only four.
 * @param pid of a child for which this program gets SIGCHLD
 * @returns the wait status
 * @throws SystemCallError
 * Source: waitpid(2)
 */
export const waitpid = (pid: number): Promise<number> => {
  installHandler()
  if (awaited.size === 0) keepAlive = setInterval(checkAwaitedChildren, KEEP_ALIVE_MS)
  const status = new Promise<number>((resolve, reject) => awaited.set(pid, { resolve, reject }))
  checkAwaitedChildren() // the child may have ended before the handler was there
  return status
}

/** Does what waitpid() does, but blocks the event loop. It is for a child that is about to end. */
export const waitpidSync = (pid: number): number => {
  const status = new Int32Array(1)
  call('waitpid', pid, new Uint8Array(status.buffer), 0)
  return firstOf(status)
}
