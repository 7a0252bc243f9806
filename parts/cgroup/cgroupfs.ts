/**
 * The calls by which groups are made, read, written to and removed. A cgroup is a directory, and the kernel puts the files
 * into it. --trace shows each call that changes something, and every failure is explained. Source: cgroups(7)
 */

import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import { type Argument, showCall } from '#native/argument.ts'
import { isSystemError, ProgramError, TAKES_ROOT } from '#native/index.ts'
import { errnoName, errnoText } from '#native/system-call-error.ts'
import { traceCall } from '#native/trace.ts'

const NO_INTERNAL_PROCESS =
  'in v2 a group has processes or hands controllers down to groups below it, not both: move its processes to a group of their own first'

const curesOfAnyFile: Readonly<Record<string, string>> = {
  EACCES: TAKES_ROOT,
  EPERM: TAKES_ROOT,
  EROFS: 'the hierarchy is mounted read-only, as it is inside a container: run this on the host itself',
  ENOENT: 'this kernel was built without it, or the group is gone',
  ENODEV: 'the group is gone: somebody else has removed it',
  EINVAL: 'the kernel does not take this value here: a group above may allow less',
  EAGAIN: 'a group above allows no more groups or processes: see cgroup.max.descendants and pids.max',
}

const curesOfOneFile: Readonly<Record<string, string>> = {
  'cgroup.subtree_control EBUSY': NO_INTERNAL_PROCESS,
  'cgroup.subtree_control EOPNOTSUPP': NO_INTERNAL_PROCESS,
  'cgroup.subtree_control EINVAL':
    'the cpu controller of v2 does not go with real-time processes in groups: end those, or see chrt(1)',
}

const findCure = (path: string, code: string): string | undefined =>
  curesOfOneFile[`${basename(path)} ${code}`] ?? curesOfAnyFile[code]

/** Makes a call whose first argument is a path, and explains its failure. After a tolerated errno it returns undefined. */
const makeCall = <T>(
  call: string,
  args: readonly [string, ...Argument[]],
  tolerated: readonly string[],
  act: () => T,
) => {
  try {
    return act()
  } catch (error) {
    if (!isSystemError(error)) throw error
    // This is the kernel's name of the errno. Where two names share a number, Node has the other: ENOTSUP for EOPNOTSUPP.
    const code = errnoName(-error.errno)
    if (tolerated.includes(code)) return undefined
    const cure = findCure(args[0], code)
    throw new ProgramError(`${showCall(call, args)}: ${errnoText(-error.errno)}${cure ? `: ${cure}` : ''}`)
  }
}

/** Does what makeCall() does, for a call that changes something: --trace shows it, with the number that it returned. */
const makeTracedCall = (
  call: string,
  args: readonly [string, ...Argument[]],
  tolerated: readonly string[],
  act: () => number | undefined,
): number | undefined =>
  makeCall(call, args, tolerated, () => {
    try {
      const result = act() ?? 0
      traceCall(showCall(call, args), result)
      return result
    } catch (error) {
      if (isSystemError(error)) traceCall(showCall(call, args), error.errno)
      throw error
    }
  })

/**
 * Makes a group.
 * @param tolerated errnos that are no error here, as in the functions below
 * @throws ProgramError for any other failure, as the functions below do
 */
export const mkdir = (path: string, ...tolerated: string[]): void => {
  makeTracedCall('mkdir', [path], tolerated, () => void mkdirSync(path))
}

/** Writes a value into a file of a group. The kernel has made the file, or there is none: it is not created. */
export const write = (path: string, value: string, ...tolerated: string[]): void => {
  makeTracedCall('write', [path, value], tolerated, () => {
    const file = openSync(path, constants.O_WRONLY)
    try {
      return writeSync(file, value)
    } finally {
      closeSync(file)
    }
  })
}

/**
 * Reads a file of a group.
 * @returns the text without the newline at its end; undefined after a tolerated errno
 */
export const read = (path: string, ...tolerated: string[]): string | undefined =>
  makeCall('read', [path], tolerated, () => readFileSync(path, 'utf8').trimEnd())

/** The descriptors that this program holds of files in a group, by the path of the group. */
const descriptors = new Map<string, number[]>()

/** Hands a descriptor over to rmdir(), which closes it when the group is gone. */
export const closeWithGroup = (group: string, descriptor: number): void => {
  descriptors.set(group, [...(descriptors.get(group) ?? []), descriptor])
}

/**
 * Opens a file of a group for a child to write into.
 * @returns a descriptor, which rmdir() of the group closes
 * @throws ProgramError
 */
export const open = (path: string): number => {
  const flags = { value: constants.O_WRONLY, text: 'O_WRONLY' }
  // No errno is tolerated, so there is a result.
  const descriptor = makeTracedCall('open', [path, flags], [], () => openSync(path, constants.O_WRONLY)) as number
  closeWithGroup(dirname(path), descriptor)
  return descriptor
}

/**
 * Removes a group that has no processes and no groups in it.
 * @returns whether it is gone; it stays as long as a process or a group is in it
 * @throws ProgramError
 */
export const rmdir = (path: string): boolean => {
  makeTracedCall('rmdir', [path], ['ENOENT', 'EBUSY'], () => void rmdirSync(path))
  if (existsSync(path)) return false
  for (const descriptor of descriptors.get(path) ?? []) closeSync(descriptor)
  descriptors.delete(path)
  return true
}

/** The names of the groups in a group; none where it is gone. */
export const groupsIn = (path: string): string[] =>
  (makeCall('readdir', [path], ['ENOENT'], () => readdirSync(path, { withFileTypes: true })) ?? [])
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name)
