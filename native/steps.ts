/**
 * What a child does between clone and exec, as data: each function here makes a step, none of them calls the kernel.
 * Each is the system call of its name. Source: section 2 of the Linux manual.
 */

import { type Argument, cInt, flags, named, signalName } from './argument.ts'
import {
  AT_FDCWD,
  CLONE,
  CLONE_VM,
  F_SETFD,
  FCNTL,
  IOCTL,
  MOVE_MOUNT_F_EMPTY_PATH,
  MS,
  OPEN_TREE_CLONE,
  PR_SET_PDEATHSIG,
  RLIMIT_NOFILE,
  SIGKILL,
  UMOUNT,
} from './linux.ts'
import type { SystemCall } from './processor.ts'
import { ProgramError } from './program-error.ts'

/** One system call of a child. */
export type Step = {
  readonly call: SystemCall
  readonly arguments: readonly Argument[]
  /** failures after which the child goes on: their names, or all */
  readonly toleratedErrors?: readonly string[] | 'any'
  /** the smallest result that is a success; without it every result is one that is not an errno */
  readonly minimumResult?: number
  /** what takes this step back, once this program or the child has ended */
  readonly undo?: readonly Step[]
  /** set on what exec() is made of */
  readonly command?: string
  /** what the child does that this step makes */
  readonly child?: readonly Step[]
}

/** What became of a child's steps. */
export type StepResults = {
  /** What a step returned, minus errno where it failed; undefined where it has not returned. */
  result(step: Step): number | undefined
  /** When a step was begun, in nanoseconds of the clock that process.hrtime() shows; 0 when it was not. */
  time(step: Step): bigint
}

const step = (call: SystemCall, ...args: Argument[]): Step => ({ call, arguments: args })

/** Changes the root directory; the working directory stays outside until chdir('/'). */
export const chroot = (path: string): Step => step('chroot', path)

/** Changes the working directory. */
export const chdir = (path: string): Step => step('chdir', path)

/** Changes the working directory to an open one. */
export const fchdir = (fd: number): Step => step('fchdir', fd)

// The kernel copies one page of options and cuts the rest off without a word.
const MOUNT_DATA = 4095

/**
 * Mounts a filesystem, or changes a mount.
 * @param type a name from /proc/filesystems, null where the flags change or bind a mount
 * @param how MS_ flags
 * @param data options of the filesystem, such as `size=1m`
 */
export const mount = (
  source: string,
  target: string,
  type: string | null = null,
  how: number = 0,
  data: string | null = null,
): Step => {
  if (data !== null && Buffer.byteLength(data) > MOUNT_DATA)
    throw new ProgramError(
      `mount ${target}: its options have ${Buffer.byteLength(data)} bytes, ${MOUNT_DATA} at most`,
    )
  return step('mount', source, target, type, flags(how, MS), data)
}

/** Takes a mount away. */
export const umount2 = (target: string, how: number): Step => step('umount2', target, flags(how, UMOUNT))

/** Makes a mount the root and puts the old root below it. */
export const pivot_root = (newRoot: string, putOld: string): Step => step('pivot_root', newRoot, putOld)

/** Sets the host name, at most 64 bytes. */
export const sethostname = (name: string): Step => step('sethostname', name, Buffer.byteLength(name))

/** Enters the namespaces that a descriptor stands for. */
export const setns = (fd: number, nstype: number = 0): Step => step('setns', fd, flags(nstype, CLONE))

/** Leaves for new namespaces. */
export const unshare = (namespaces: number): Step => step('unshare', flags(namespaces, CLONE))

/** Closes a descriptor. */
export const close = (fd: number): Step => step('close', fd)

/** Treats a run of descriptors alike: closed, or with CLOSE_RANGE_CLOEXEC closed by exec. */
export const close_range = (first: number, last: number, how: number = 0): Step =>
  step('close_range', first, last, flags(how, { CLOSE_RANGE_CLOEXEC: 4 }))

/** Makes newfd stand for what oldfd does, and lets the command inherit it. */
export const dup2 = (oldfd: number, newfd: number): Step =>
  // Of a descriptor onto itself dup2 does nothing, dup3 fails; what the caller wants is that it is inherited.
  oldfd === newfd ? fcntl(newfd, F_SETFD, 0) : step('dup3', oldfd, newfd, 0)

/** Waits at a gate: for one byte from a pipe. A pipe that ends without one stops the child, for then its parent is dead. */
export const read = (fd: number): Step => ({ ...step('read', fd, new Uint8Array(1), 1), minimumResult: 1 })

/** Writes text. */
export const write = (fd: number, text: string): Step => step('write', fd, text, Buffer.byteLength(text))

/** Changes what the kernel does with this process. */
export const prctl = (option: number, value: number): Step => step('prctl', option, value, 0, 0, 0)

/** Whoever kills this program kills the child: prctl(PR_SET_PDEATHSIG, SIGKILL). Source: PR_SET_PDEATHSIG(2const) */
export const dieWithParent = (): Step => {
  const option = { value: PR_SET_PDEATHSIG, text: 'PR_SET_PDEATHSIG' }
  return step('prctl', option, { value: SIGKILL, text: 'SIGKILL' }, 0, 0, 0)
}

/** Becomes another user. */
export const setuid = (uid: number): Step => step('setuid', uid)

/** Becomes a member of another group. */
export const setgid = (gid: number): Step => step('setgid', gid)

/** Becomes a member of these groups besides. */
export const setgroups = (gids: readonly number[]): Step =>
  step('setgroups', gids.length, new Uint8Array(Uint32Array.from(gids).buffer))

/** Sets a soft and a hard limit of this process, in the units of getrlimit(2). */
export const prlimit = (resource: number, soft: bigint, hard: bigint): Step => {
  const limits = new Uint8Array(BigUint64Array.from([soft, hard]).buffer)
  const name = resource === RLIMIT_NOFILE ? 'RLIMIT_NOFILE' : String(resource)
  return step('prlimit64', 0, { value: resource, text: name }, limits, null)
}

/** Makes a directory; one that is there already is as good. */
export const mkdir = (path: string, mode: number = 0o755): Step => ({
  ...step('mkdirat', atCwd, path, { value: mode, text: `0${mode.toString(8)}` }),
  toleratedErrors: ['EEXIST'],
})

/** Moves to another process group; 0 and 0 make one of its own. */
export const setpgid = (pid: number, group: number): Step => step('setpgid', pid, group)

/** Leaves the terminal: a new session. */
export const setsid = (): Step => step('setsid')

/** Sets which permissions new files do not get. */
export const umask = (mask: number): Step => step('umask', { value: mask, text: `0${mask.toString(8)}` })

/**
 * Makes a device node.
 * @param mode type and permissions, such as S_IFCHR | 0o666
 */
export const mknod = (path: string, mode: number, major: number, minor: number): Step =>
  step('mknodat', atCwd, path, { value: mode, text: `0${mode.toString(8)}` }, major * 256 + minor)

/** Makes a symbolic link. */
export const symlink = (target: string, path: string): Step => step('symlinkat', target, atCwd, path)

/** Removes a name of a file. */
export const unlink = (path: string): Step => step('unlinkat', atCwd, path, 0)

/** Copies the mount that a path is on, with the path for its root; the lowest free descriptor becomes it. */
export const open_tree = (path: string): Step =>
  step('open_tree', atCwd, path, { value: OPEN_TREE_CLONE, text: 'OPEN_TREE_CLONE' })

/** Mounts what open_tree() has copied, be it in another mount namespace. */
export const move_mount = (fd: number, target: string): Step =>
  step('move_mount', fd, '', atCwd, target, { value: MOVE_MOUNT_F_EMPTY_PATH, text: 'MOVE_MOUNT_F_EMPTY_PATH' })

/**
 * A child of the child. It runs in the same memory, on the same stack, which neither of them uses.
 * @param program its steps
 * @param how CLONE_NEW… flags, and SIGCHLD
 */
export const fork = (program: readonly (Step | readonly Step[])[], how: number): Step => ({
  ...step('clone', flags(cInt('clone', how) | CLONE_VM, CLONE, signalName), 0, 0, 0, 0),
  child: program.flat(),
})

/** Waits for any child; what became of it goes to memory that an inheriting step can write out. */
export const wait4 = (status: Uint8Array): Step => step('wait4', -1, status, 0, 0)

/** Opens a file; the lowest free descriptor becomes it. */
export const open = (path: string, how: number, mode: number = 0): Step =>
  step('openat', atCwd, path, { value: how, text: `0x${how.toString(16)}` }, mode)

/** Sets something of a descriptor. */
export const fcntl = (fd: number, operation: number, argument: number): Step =>
  step('fcntl', fd, named(operation, FCNTL), argument)

/** Hands a device bytes. */
export const ioctl = (fd: number, request: number, bytes: Uint8Array): Step =>
  step('ioctl', fd, named(request, IOCTL), bytes)

const atCwd = { value: AT_FDCWD, text: 'AT_FDCWD' }

/** Goes on as if nothing were, whatever the step says. */
export const ignoreFailure = (it: Step): Step => ({ ...it, toleratedErrors: 'any' })

/**
 * A step that lasts no longer than the container: when it succeeded, another takes it back. That one is done in the
 * caller's world, after the child has ended or after this program has, even if it was killed.
 * @param it what the child does
 * @param undo what takes it back, done by a process of its own, which may chroot as the child did; what comes before
 * the last one must succeed, for without the way into another root the last would be done in the host's
 */
export const withUndo = (it: Step, ...undo: Step[]): Step => ({
  ...it,
  undo: [...undo.slice(0, -1), ...undo.slice(-1).map(ignoreFailure)],
})

/** Where execvp(3) looks when there is no PATH. */
const DEFAULT_PATH = '/bin:/usr/bin'

const NOT_HERE = ['ENOENT', 'ENOTDIR', 'EACCES']

/**
 * Becomes the command. A name without a slash is looked for along PATH, in the child's own root.
 * @param command the command and its arguments
 * @param environment what the command finds in its environment; this program's unless told
 * @throws ProgramError when there is no command
 */
export const exec = (
  command: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Step[] => {
  const [name] = command
  if (name === undefined) throw new ProgramError('exec: there is no command')
  const path = environment.PATH ?? DEFAULT_PATH
  const files =
    name.includes('/') || name === '' ? [name] : path.split(':').map(directory => `${directory || '.'}/${name}`)
  // Object.entries() would ask process.env three times for each variable.
  const variables = (Reflect.ownKeys(environment) as string[]).flatMap(key => {
    const value = environment[key]
    return value === undefined ? [] : `${key}=${value}`
  })
  return [
    ...files.map(file => ({
      ...step('execve', file, command, variables),
      toleratedErrors: NOT_HERE,
      command: name,
    })),
    // Reached only when every one failed. That the file is there after all tells a missing interpreter from a missing command.
    ...files.map(file => ({ ...ignoreFailure(step('faccessat', atCwd, file, 0)), command: name })),
  ]
}
