/**
 * The steps of a child, which it carries out between clone and exec. A step is data: it says which system call the child
 * is to make, and with which arguments. Each function here makes a step and calls nothing in the kernel. Most are named
 * after their system call. Source: section 2 of the Linux manual.
 */

import type { constants } from 'node:os'
import { type Argument, checkCInt, namedFlags, namedNumber, octal, signalName } from './argument.ts'
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_RECURSIVE,
  CLONE,
  CLOSE_RANGE_CLOEXEC,
  F_SETFD,
  FCNTL,
  IOCTL,
  MAP,
  MAP_FIXED,
  MAP_SHARED,
  MOVE_MOUNT_F_EMPTY_PATH,
  MS,
  OPEN_TREE_CLONE,
  PR_SET_PDEATHSIG,
  PROT,
  PROT_READ,
  PROT_WRITE,
  RESOLVE_IN_ROOT,
  RLIMIT_NOFILE,
  SIGKILL,
  UMOUNT,
} from './linux.ts'
import type { SystemCall } from './processor.ts'
import { ProgramError } from './program-error.ts'

/** The name of an errno, such as `ENOENT`. Source: errno(3) */
export type ErrnoName = keyof typeof constants.errno

/** One system call of a child. */
export type Step = {
  readonly call: SystemCall
  readonly arguments: readonly Argument[]
  /** failures after which the child goes on */
  readonly toleratedErrors?: readonly ErrnoName[] | 'any'
  /** the smallest result that is a success; without it every result is a success that is not an errno */
  readonly minimumResult?: number
  /** the steps that take this one back, once this program or the child has ended */
  readonly undo?: readonly Step[]
  /** the name of the command, in the steps that exec() makes */
  readonly command?: string
  /** the steps of the process that this step makes */
  readonly child?: readonly Step[]
}

/** The steps of a child, in order. A list in the list is carried out like the rest. */
export type Program = readonly (Step | readonly Step[])[]

/** What became of a child's steps. */
export type StepResults = {
  /** What a step returned, minus errno where it failed; undefined where it has not returned. */
  result(step: Step): number | undefined
  /** When a step was begun, in nanoseconds of the clock that process.hrtime() shows; 0 when it was not. */
  time(step: Step): bigint
}

/** The address of memory, and its length in bytes. */
export type Range = { readonly address: bigint; readonly length: number }

const step = (call: SystemCall, ...args: Argument[]): Step => ({ call, arguments: args })

// With this argument a relative path begins at the working directory.
const atCwd = { value: AT_FDCWD, text: 'AT_FDCWD' }

/** Changes the root directory. The working directory stays outside of it until chdir('/'). */
export const chroot = (path: string): Step => step('chroot', path)

/** Changes the working directory. */
export const chdir = (path: string): Step => step('chdir', path)

/** Changes the working directory to an open directory. */
export const fchdir = (fd: number): Step => step('fchdir', fd)

// The kernel copies one page of options and silently cuts off the rest.
const MOUNT_DATA_BYTES = 4095

/**
 * Mounts a filesystem, or changes a mount.
 * @param type a name from /proc/filesystems; null when the flags change or bind a mount
 * @param flags MS_…
 * @param data options of the filesystem, such as `size=1m`
 */
export const mount = (
  source: string,
  target: string,
  type: string | null = null,
  flags: number = 0,
  data: string | null = null,
): Step => {
  const bytes = data === null ? 0 : Buffer.byteLength(data)
  if (bytes > MOUNT_DATA_BYTES)
    throw new ProgramError(`mount ${target}: its options have ${bytes} bytes, ${MOUNT_DATA_BYTES} at most`)
  return step('mount', source, target, type, namedFlags(flags, MS), data)
}

/** Removes a mount. */
export const umount2 = (target: string, flags: number): Step => step('umount2', target, namedFlags(flags, UMOUNT))

/** Makes a mount the root and puts the old root below it. */
export const pivot_root = (newRoot: string, putOld: string): Step => step('pivot_root', newRoot, putOld)

/** Sets the host name, at most 64 bytes. */
export const sethostname = (name: string): Step => step('sethostname', name, Buffer.byteLength(name))

/** Enters the namespaces that a descriptor stands for. */
export const setns = (fd: number, nstype: number = 0): Step => step('setns', fd, namedFlags(nstype, CLONE))

/** Moves into new namespaces. */
export const unshare = (flags: number): Step => step('unshare', namedFlags(flags, CLONE))

/** Closes a descriptor. */
export const close = (fd: number): Step => step('close', fd)

/** Closes all descriptors from the first to the last; with CLOSE_RANGE_CLOEXEC exec closes them. */
export const close_range = (first: number, last: number, flags: number = 0): Step =>
  step('close_range', first, last, namedFlags(flags, { CLOSE_RANGE_CLOEXEC }))

/** Makes newfd a copy of oldfd, which the command inherits. */
export const dup2 = (oldfd: number, newfd: number): Step =>
  // For equal descriptors dup2 does nothing, and dup3 fails. But the caller wants the command to inherit the descriptor.
  oldfd === newfd ? fcntl(newfd, F_SETFD, 0) : step('dup3', oldfd, newfd, 0)

/** Waits for one byte from a pipe. When the pipe ends without a byte, the parent is dead, and the child ends as well. */
export const read = (fd: number): Step => ({ ...step('read', fd, new Uint8Array(1), 1), minimumResult: 1 })

/** Writes text. */
export const write = (fd: number, text: string): Step => step('write', fd, text, Buffer.byteLength(text))

/** Changes how the kernel treats this process. */
export const prctl = (option: number, value: number): Step => step('prctl', option, value, 0, 0, 0)

/** Has the kernel kill the child when this program ends: prctl(PR_SET_PDEATHSIG, SIGKILL). Source: PR_SET_PDEATHSIG(2const) */
export const dieWithParent = (): Step => {
  const option = { value: PR_SET_PDEATHSIG, text: 'PR_SET_PDEATHSIG' }
  return step('prctl', option, { value: SIGKILL, text: 'SIGKILL' }, 0, 0, 0)
}

/** Becomes another user. */
export const setuid = (uid: number): Step => step('setuid', uid)

/** Becomes a member of another group, instead of its own. */
export const setgid = (gid: number): Step => step('setgid', gid)

/** Becomes a member of these supplementary groups. */
export const setgroups = (gids: readonly number[]): Step =>
  step('setgroups', gids.length, new Uint8Array(Uint32Array.from(gids).buffer))

/** Sets a soft and a hard limit of this process, in the units of getrlimit(2). */
export const prlimit = (resource: number, soft: bigint, hard: bigint): Step => {
  const limits = new Uint8Array(BigUint64Array.from([soft, hard]).buffer)
  const name = resource === RLIMIT_NOFILE ? 'RLIMIT_NOFILE' : String(resource)
  return step('prlimit64', 0, { value: resource, text: name }, limits, null)
}

/** Makes a directory, unless it exists. */
export const mkdir = (path: string, mode: number = 0o755): Step => ({
  ...step('mkdirat', atCwd, path, { value: mode, text: octal(mode) }),
  toleratedErrors: ['EEXIST'],
})

/** Moves a process to another process group. setpgid(0, 0) makes a new one for the child. */
export const setpgid = (pid: number, group: number): Step => step('setpgid', pid, group)

/** Starts a new session, which has no terminal. */
export const setsid = (): Step => step('setsid')

/** Sets which permissions new files do not get. */
export const umask = (mask: number): Step => step('umask', { value: mask, text: octal(mask) })

/**
 * Makes a device node.
 * @param mode type and permissions, such as S_IFCHR | 0o666
 */
export const mknod = (path: string, mode: number, major: number, minor: number): Step =>
  step('mknodat', atCwd, path, { value: mode, text: octal(mode) }, major * 256 + minor)

/** Makes a symbolic link. */
export const symlink = (target: string, path: string): Step => step('symlinkat', target, atCwd, path)

/** Removes a name of a file. */
export const unlink = (path: string): Step => step('unlinkat', atCwd, path, 0)

/** Copies the mount that a path is on, with the path as its root, and opens it as the lowest free descriptor. */
export const open_tree = (path: string): Step =>
  step('open_tree', atCwd, path, { value: OPEN_TREE_CLONE, text: 'OPEN_TREE_CLONE' })

/** Mounts what open_tree() has copied, also in another mount namespace. */
export const move_mount = (fd: number, target: string): Step =>
  step('move_mount', fd, '', atCwd, target, { value: MOVE_MOUNT_F_EMPTY_PATH, text: 'MOVE_MOUNT_F_EMPTY_PATH' })

/**
 * Changes properties of a mount in the child's own mount namespace. The filesystem itself stays as it is, so that nobody
 * outside of that namespace notices. Linux has the call since 5.12.
 * @param flags AT_RECURSIVE for all mounts below it, too; or 0
 * @param change MOUNT_ATTR_… to set, and those to clear
 * Source: mount_setattr(2)
 */
export const mount_setattr = (
  path: string,
  flags: number,
  change: { readonly set?: number; readonly clear?: number },
): Step => {
  const words = [change.set ?? 0, change.clear ?? 0, 0, 0].map(BigInt) // neither propagation nor a user namespace
  const attributes = new Uint8Array(BigUint64Array.from(words).buffer)
  return step('mount_setattr', atCwd, path, namedFlags(flags, { AT_RECURSIVE }), attributes, attributes.length)
}

/**
 * Makes a child of the child. Neither of them uses the stack, so they can share even that.
 * @param program its steps
 * @param flags CLONE_VM to share the memory, CLONE_NEW… for the namespaces that are to be new, and SIGCHLD
 */
export const fork = (program: Program, flags: number): Step => ({
  ...step('clone', namedFlags(checkCInt('clone', flags), CLONE, signalName), 0, 0, 0, 0),
  child: program.flat(),
})

/** Waits for any child. The kernel writes the wait status to these four bytes, and a later step can write them to a file. */
export const wait4 = (status: Uint8Array): Step => step('wait4', -1, status, 0, 0)

/** Opens a file as the lowest free descriptor. */
export const open = (path: string, flags: number, mode: number = 0): Step =>
  step('openat', atCwd, path, { value: flags, text: `0x${flags.toString(16)}` }, mode)

/**
 * Opens a file as the lowest free descriptor, and looks the path up as if the working directory were the root: neither
 * `..` nor a link leads out of it.
 * @param resolve RESOLVE_…, besides RESOLVE_IN_ROOT
 * Source: openat2(2)
 */
export const openInRoot = (path: string, flags: number, resolve: number): Step => {
  const openHow = new Uint8Array(BigUint64Array.from([flags, 0, resolve | RESOLVE_IN_ROOT].map(BigInt)).buffer)
  return step('openat2', atCwd, path, openHow, openHow.length)
}

/** Sets the permissions of an open file. */
export const fchmod = (fd: number, mode: number): Step => step('fchmod', fd, { value: mode, text: octal(mode) })

/** Becomes the program in an open file. */
export const execveat = (fd: number, command: readonly string[]): Step =>
  step('execveat', fd, '', command, [], { value: AT_EMPTY_PATH, text: 'AT_EMPTY_PATH' })

/** Maps a file over memory that is there already. What is written to the memory is written to the file. */
export const mapOver = ({ address, length }: Range, fd: number): Step => {
  const [protection, flags] = [namedFlags(PROT_READ | PROT_WRITE, PROT), namedFlags(MAP_SHARED | MAP_FIXED, MAP)]
  return step('mmap', address, BigInt(length), protection, flags, fd, 0)
}

/** Changes a property of a descriptor. */
export const fcntl = (fd: number, operation: number, argument: number): Step =>
  step('fcntl', fd, namedNumber(operation, FCNTL), argument)

/** Controls a device. The bytes are the request's argument. */
export const ioctl = (fd: number, request: number, bytes: Uint8Array): Step =>
  step('ioctl', fd, namedNumber(request, IOCTL), bytes)

/** The same step, but the child goes on also when it fails. */
export const ignoreFailure = (step: Step): Step => ({ ...step, toleratedErrors: 'any' })

/**
 * The same step, but it is undone when the child or this program has ended, even if one of them was killed. When the
 * step failed nothing is undone.
 * @param step what the child does
 * @param undo what undoes it. A process of its own does that, in the namespaces and the root directory of this program,
 * so the first of these steps may be the chroot that the child did. All but the last must succeed, because after a
 * failed chroot the last one would hit the host's root directory.
 */
export const withUndo = (step: Step, ...undo: Step[]): Step => ({
  ...step,
  undo: [...undo.slice(0, -1), ...undo.slice(-1).map(ignoreFailure)],
})

/** The directories that execvp(3) searches when there is no PATH. */
const DEFAULT_PATH = '/bin:/usr/bin'

// After one of these failures execvp(3) tries the next directory.
const TRY_NEXT: readonly ErrnoName[] = ['ENOENT', 'ENOTDIR', 'EACCES']

/**
 * Becomes the command. A name without a slash is searched along PATH, in the child's own root directory.
 * @param command the command and its arguments
 * @param environment the variables of the command; those of this program by default
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
  // Object.entries() would read each variable of process.env three times. A variable's name is never a symbol.
  const variables = (Reflect.ownKeys(environment) as string[]).flatMap(key => {
    const value = environment[key]
    return value === undefined ? [] : `${key}=${value}`
  })
  return [
    ...files.map(file => ({
      ...step('execve', file, command, variables),
      toleratedErrors: TRY_NEXT,
      command: name,
    })),
    // These are reached only when every execve failed, and tell why: a file that exists after all lacks its interpreter.
    ...files.map(file => ({ ...ignoreFailure(step('faccessat', atCwd, file, 0)), command: name })),
  ]
}
