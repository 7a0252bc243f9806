/** The error of a failed system call, this program's or a child's. It says what failed, why, and what to do. */

import { constants } from 'node:os'
import { type Argument, showCall } from './argument.ts'
import { strerror } from './ffi.ts'
import { ProgramError, TAKES_ROOT } from './program-error.ts'
import type { Step, StepResults } from './steps.ts'

// Some numbers have two names, and errno(3) prefers these. The last two are errnos of mount(2) and unshare(2) that Node
// does not list.
const names = new Map<number, string>([
  ...Object.entries(constants.errno).map(([name, number]): [number, string] => [number, name]),
  [constants.errno.EAGAIN, 'EAGAIN'],
  [constants.errno.EOPNOTSUPP, 'EOPNOTSUPP'],
  [15, 'ENOTBLK'],
  [87, 'EUSERS'],
])

/** `ENOENT` for 2. Source: errno(3) */
export const errnoName = (errno: number): string => names.get(errno) ?? `errno ${errno}`

/** `ENOENT (No such file or directory)` for 2. Source: errno(3), strerror(3) */
export const errnoText = (errno: number): string => `${errnoName(errno)} (${strerror(errno)})`

const NO_DIRECTORY = 'there is no such directory here: check the path, or make busybox/ with "npm run setup"'

const NO_PROGRAM_IN_MEMORY = 'this machine runs no program from memory: set the sysctl vm.memfd_noexec to 0 or 1'

const curesOfAnyCall: Readonly<Record<string, string>> = {
  EPERM: TAKES_ROOT,
  ENOMEM: 'the kernel has no memory left for it: end some programs',
  EMFILE: 'too many files are open: raise "ulimit -n"',
  ENFILE: 'the whole machine has too many files open (fs.file-max)',
  ENAMETOOLONG: 'a path may have 4095 bytes and a part of it 255: use a shorter one',
  ENOSYS: 'this kernel does not have the call: Linux 5.11 or newer is needed',
}

const curesOfOneCall: Readonly<Record<string, string>> = {
  'chroot ENOENT': NO_DIRECTORY,
  'chroot ENOTDIR': 'a root filesystem is a directory: unpack an image into one, with "tar -xf IMAGE -C DIRECTORY"',
  'chroot EACCES': 'a directory on the way may not be entered: look at "namei -l" of the path',
  'chdir ENOENT': NO_DIRECTORY,
  'chdir ENOTDIR': 'this is not a directory',
  'clone EAGAIN': 'too many processes: look at "ulimit -u" and at pids.max of the cgroup',
  'clone EINVAL': 'this kernel was built without one of these namespaces: see /proc/self/ns',
  'clone ENOSPC': 'too many namespaces are open or nested: see /proc/sys/user/max_*_namespaces',
  'clone EUSERS': 'too many namespaces are nested: see /proc/sys/user/max_*_namespaces',
  'unshare EINVAL': 'this kernel was built without one of these namespaces: see /proc/self/ns',
  'unshare ENOSPC': 'too many namespaces are open or nested: see /proc/sys/user/max_*_namespaces',
  'execveat EACCES': NO_PROGRAM_IN_MEMORY,
  'memfd_create EACCES': NO_PROGRAM_IN_MEMORY,
  'openat2 ELOOP': 'there is a link where a directory has to be, or one that leads through /proc: mend the image',
  'openat2 ENOENT': 'there is no such directory in the container',
  'openat2 ENOTDIR': 'this is no directory in the container',
  'openat2 ENOSYS': 'Linux 5.6 or newer is needed, and nothing that forbids the call',
  'close_range EINVAL':
    'this kernel cannot mark descriptors close-on-exec in one go: Linux 5.11 or newer is needed',
  'mount ENOENT': 'the mount point must exist in the root filesystem: make the directory first',
  'mount ENOTDIR': 'the mount point must be a directory',
  'mount ENODEV': 'this kernel does not know the filesystem: try "modprobe" with its name, see /proc/filesystems',
  'mount EBUSY': 'it is mounted there already, or another mount uses it: take that off first with "umount"',
  'mount EINVAL': 'the kernel does not take these options',
  'umount2 EINVAL': 'nothing is mounted there',
  'umount2 EBUSY': 'it is in use: end what works in it, or detach it with MNT_DETACH',
  'pivot_root EINVAL': 'both must be mount points, below a mount that is not shared',
  'setns EINVAL': 'the namespace is not of this kind, or this process may not change its own',
  'sethostname EINVAL': 'a host name has at most 64 bytes',
  'syscall ESRCH': 'there is no process of that pid any more',
  'kill ESRCH': 'there is no such process any more',
  'waitpid ECHILD': 'this is not a child of this process, or it was waited for already',
  'prlimit64 EPERM': 'the hard limit may be lowered but only root may raise it',
}

const NO_OVERLAY_ON_OVERLAY =
  'overlayfs keeps nothing on overlayfs, nor on a directory that a virtual machine shares: name a directory on a disk with SKDOCKER_HOME'
const NO_MOUNT_POINT = 'this is not a mount point: leave the chroot that this runs in'

/** The same errno of mount(2) can mean several things, and the arguments tell which. */
const cureOfMount = (code: string, [, target, type]: readonly Argument[]): string | undefined => {
  if (code !== 'EINVAL') return undefined
  if (type === 'overlay') return NO_OVERLAY_ON_OVERLAY
  return target === '/' && type === null ? NO_MOUNT_POINT : undefined
}

/** The likely cause of a failure and what to do about it; undefined for a failure that a reader is not likely to meet. */
const findCure = (call: string, args: readonly Argument[], code: string): string | undefined =>
  (call === 'mount' ? cureOfMount(code, args) : undefined) ??
  curesOfOneCall[`${call} ${code}`] ??
  curesOfAnyCall[code]

/** The kernel refused a system call. */
export class SystemCallError extends ProgramError {
  /** the call, such as `mount` */
  readonly call: string
  readonly arguments: readonly Argument[]
  /** the errno, such as 2 */
  readonly errno: number
  /** its name, such as `ENOENT` */
  readonly code: string

  /**
   * @param call the system call
   * @param args its arguments
   * @param errno why it failed, such as 2
   */
  constructor(call: string, args: readonly Argument[], errno: number) {
    const code = errnoName(errno)
    const cure = findCure(call, args, code)
    super(`${showCall(call, args)}: ${errnoText(errno)}${cure ? `: ${cure}` : ''}`)
    this.call = call
    this.arguments = args
    this.errno = errno
    this.code = code
  }
}

/** The command could not be started. The exit code is 127 when there is no such file, 126 when it cannot be run. */
class CommandError extends ProgramError {}

const NOT_FOUND = 127
const NOT_EXECUTABLE = 126

const isTolerated = ({ toleratedErrors = [] }: Step, errno: number): boolean =>
  toleratedErrors === 'any' || toleratedErrors.some(name => name === errnoName(errno))

/** Why a command could not be started, by the result of the execve for each directory of PATH. */
const commandError = (steps: readonly Step[], results: StepResults, command: string): ProgramError => {
  const tries = steps
    .filter(step => step.call === 'execve')
    .map(step => ({ step, errno: -(results.result(step) ?? 0) }))
  const present = steps.some(step => step.call === 'faccessat' && results.result(step) === 0)
  const refused = tries.find(({ errno }) => !['ENOENT', 'ENOTDIR'].includes(errnoName(errno)))
  const { step, errno } = refused ?? tries[0]! // exec() makes at least one execve
  const reason = errnoText(errno)
  if (refused)
    return new CommandError(`${command}: ${reason}: ${whyNotExecutable(errnoName(errno))}`, NOT_EXECUTABLE)
  if (present)
    return new CommandError(
      `${command}: ${reason}, though the file is there: what is missing is the interpreter its first line names, or the dynamic loader it was linked for (file and ldd tell)`,
      NOT_EXECUTABLE,
    )
  const where = tries.length > 1 ? `in no directory of its PATH` : showCall('execve', step.arguments.slice(0, 1))
  return new CommandError(`${command}: command not found: ${where}: ${reason}`, NOT_FOUND)
}

const whyNotExecutable = (code: string): string => {
  if (code === 'EACCES') return 'it is a directory or not executable: name a program, or "chmod +x" it'
  if (code === 'ENOEXEC')
    return 'it is no program this kernel can run: another processor\'s, or a script without "#!/bin/sh"'
  if (code === 'E2BIG')
    return 'the arguments and the environment are too long together: pass less (execve(2), Limits)'
  return 'it cannot be run'
}

/** The error of the step that stopped a child before it became its command; undefined when no step failed. */
export const findFailure = (steps: readonly Step[], results: StepResults): ProgramError | undefined => {
  for (const step of steps) {
    const result = results.result(step)
    if (result === undefined) continue
    if (step.call === 'faccessat' && step.command !== undefined) return commandError(steps, results, step.command)
    const errno = result < 0 ? -result : 0
    if (errno !== 0 && !isTolerated(step, errno)) {
      if (step.command !== undefined) return commandError(steps, results, step.command)
      return new SystemCallError(step.call, step.arguments, errno)
    }
  }
  return undefined
}
