/** The libc of the running program, glibc or musl: calls made now, in this process. */

import { type Argument, flags, type Named, named, showCall, signalName } from './argument.ts'
import { type Answer, invoke } from './ffi.ts'
import { CLONE, FCNTL, IOCTL, MAP, O_CLOEXEC, PROT, SIG_BLOCK, UMOUNT } from './linux.ts'
import { SystemCallError } from './system-call-error.ts'
import { traceCall, tracing } from './trace.ts'

const checked = (name: string, args: readonly Argument[], { value, errnoCode }: Answer) => {
  const failed = Number(value) === -1
  const errno = failed ? errnoCode : 0
  if (tracing()) traceCall(showCall(name, args), failed ? -errno : value)
  if (failed) throw new SystemCallError(name, args, errno)
  return value
}

/**
 * Calls a libc function that returns -1 and sets errno when it fails.
 * Throws SystemCallError then, and ProgramError for an argument C cannot take.
 */
const call = (name: string, ...args: Argument[]): number => checked(name, args, invoke(name, 'int', args)) as number

const callForAddress = (name: string, ...args: Argument[]): bigint =>
  checked(name, args, invoke(name, 'pointer', args)) as bigint

const cloneFlags = (value: number): Named => flags(value, CLONE, signalName)

/** Sends a signal. Throws SystemCallError. Source: kill(2) */
export const kill = (pid: number, signal: number): void =>
  void call('kill', pid, { value: signal, text: signalName(signal) })

/** Moves this thread into the namespaces that a descriptor stands for. Throws SystemCallError. Source: setns(2) */
export const setns = (fd: number, nstype: number): void => void call('setns', fd, cloneFlags(nstype))

/** Moves this thread, and no other of this process, into new namespaces. Throws SystemCallError. Source: unshare(2) */
export const unshare = (namespaces: number): void => void call('unshare', cloneFlags(namespaces))

/** Takes a mount away. Throws SystemCallError. Source: umount2(2) */
export const umount2 = (target: string, how: number): void => void call('umount2', target, flags(how, UMOUNT))

/** Closes a descriptor. Throws SystemCallError. Source: close(2) */
export const close = (fd: number): void => void call('close', fd)

/** This process. Source: getpid(2) */
export const getpid = (): number => call('getpid')

/** The process group of this process. Source: getpgrp(2) */
export const getpgrp = (): number => call('getpgrp')

/** Whether a descriptor is a terminal. Source: isatty(3) */
export const isatty = (fd: number): boolean => invoke('isatty', 'int', [fd]).value === 1

/** A pipe that no command inherits: [the end to read, the end to write]. Throws SystemCallError. Source: pipe2(2) */
export const pipe2 = (): [number, number] => {
  const ends = new Int32Array(2)
  call('pipe2', new Uint8Array(ends.buffer), { value: O_CLOEXEC, text: 'O_CLOEXEC' })
  return [ends[0]!, ends[1]!]
}

/** A descriptor that stands for a process. Throws SystemCallError. Source: pidfd_open(2) */
export const pidfdOpen = (pid: number): number => call('syscall', { value: 434, text: 'SYS_pidfd_open' }, pid, 0)

/** Waits until nobody else holds the lock of an open file, and holds it until the file is closed. Throws SystemCallError. Source: flock(2) */
export const flock = (fd: number): void => void call('flock', fd, { value: 2, text: 'LOCK_EX' })

/** What fcntl(2) says of a descriptor. Throws SystemCallError. */
export const fcntl = (fd: number, operation: number, argument: number): number =>
  call('fcntl', fd, named(operation, FCNTL), argument)

/** Reads a device's state into bytes. Throws SystemCallError. Source: ioctl(2) */
export const ioctl = (fd: number, request: number, bytes: Uint8Array): void =>
  void call('ioctl', fd, named(request, IOCTL), bytes)

/** Changes this thread's signal mask. Throws SystemCallError. Source: sigprocmask(2) */
export const sigprocmask = (how: number, set: Uint8Array, old: Uint8Array | null): void =>
  void call('sigprocmask', { value: how, text: how === SIG_BLOCK ? 'SIG_BLOCK' : 'SIG_SETMASK' }, set, old)

/** Maps memory that children share. Throws SystemCallError. Source: mmap(2) */
export const mmap = (length: number, protection: number, how: number): bigint =>
  callForAddress('mmap', 0n, BigInt(length), flags(protection, PROT), flags(how, MAP), -1, 0n)

/** Changes what may be done with memory. Throws SystemCallError. Source: mprotect(2) */
export const mprotect = (address: bigint, length: number, protection: number): void =>
  void call('mprotect', address, BigInt(length), flags(protection, PROT))

/** Gives memory back. Throws SystemCallError. Source: munmap(2) */
export const munmap = (address: bigint, length: number): void => void call('munmap', address, BigInt(length))

/**
 * clone(2) as libc has it: the child starts at an address, with one argument, on a stack of its own.
 * Throws SystemCallError.
 */
export const cloneAt = (start: bigint, stack: bigint, how: number, argument: bigint): number =>
  call('clone', start, stack, cloneFlags(how), argument)

const WNOHANG = 1

/** What became of a child, undefined while it lives. Throws SystemCallError. */
const waitpidNoHang = (pid: number): number | undefined => {
  const status = new Int32Array(1)
  const args = [pid, new Uint8Array(status.buffer), { value: WNOHANG, text: 'WNOHANG' }]
  const answer = invoke('waitpid', 'int', args)
  if (answer.value === 0) return undefined
  checked('waitpid', args, answer)
  return status[0]!
}

const awaited = new Map<number, { resolve(status: number): void; reject(error: unknown): void }>()

const lookAfterChildren = (): void => {
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
  if (awaited.size === 0) clearInterval(keptAlive)
}

let keptAlive: NodeJS.Timeout | undefined
let listening = false

// For good: a program that does not listen ignores SIGCHLD, and so does one that has no child to look after.
const listen = (): void => {
  if (!listening) process.on('SIGCHLD', lookAfterChildren)
  listening = true
}

// A signal handler alone does not keep Node running.
const HEARTBEAT = 1000

/**
 * Waits for one child without holding up the event loop, and without a thread: of those Node has four.
 * @param pid of a child that ends with SIGCHLD
 * @returns the wait status
 * @throws SystemCallError
 * Source: waitpid(2)
 */
export const waitpid = (pid: number): Promise<number> => {
  listen()
  if (awaited.size === 0) keptAlive = setInterval(lookAfterChildren, HEARTBEAT)
  const status = new Promise<number>((resolve, reject) => awaited.set(pid, { resolve, reject }))
  lookAfterChildren() // it may have ended before anybody listened
  return status
}

/** The same, holding everything up: for a child that is about to end. */
export const waitpidSync = (pid: number): number => {
  const status = new Int32Array(1)
  call('waitpid', pid, new Uint8Array(status.buffer), 0)
  return status[0]!
}
