/** A group is a directory and all it can do is files in it: how they are read, written, made and removed. */

import { constants, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { showCall } from '#native/argument.ts'
import { isSystemError, ProgramError, TAKES_ROOT } from '#native/index.ts'
import { errnoName, errnoText } from '#native/system-call-error.ts'
import { traceCall } from '#native/trace.ts'

// The kernel's name: of two that share a number Node has the other one, ENOTSUP for EOPNOTSUPP.
const codeOf = ({ errno }: { readonly errno: number }): string => errnoName(-errno)

const NO_INTERNAL_PROCESS =
  'in v2 a group has processes or hands controllers down to groups below it, not both: move its processes to a group of their own first'

const anyFile: Readonly<Record<string, string>> = {
  EACCES: TAKES_ROOT,
  EPERM: TAKES_ROOT,
  EROFS: 'the hierarchy is mounted read-only, as it is inside a container: run this on the host itself',
  ENOENT: 'this kernel was built without it, or the group is gone',
  ENODEV: 'the group is gone: somebody else has removed it',
  EINVAL: 'the kernel does not take this value here: a group above may allow less',
  EAGAIN: 'a group above allows no more groups or processes: see cgroup.max.descendants and pids.max',
}

const oneFile: Readonly<Record<string, string>> = {
  'cgroup.subtree_control EBUSY': NO_INTERNAL_PROCESS,
  'cgroup.subtree_control EOPNOTSUPP': NO_INTERNAL_PROCESS,
  'cgroup.subtree_control EINVAL':
    'the cpu controller of v2 does not go with real-time processes in groups: end those, or see chrt(1)',
  'cgroup.procs EBUSY': NO_INTERNAL_PROCESS,
  'cgroup.procs EOPNOTSUPP': NO_INTERNAL_PROCESS,
}

const cure = (path: string, code: string): string | undefined =>
  oneFile[`${basename(path)} ${code}`] ?? anyFile[code]

const explained = (call: string, path: string, error: { readonly errno: number }): ProgramError => {
  const hint = cure(path, codeOf(error))
  return new ProgramError(`${call}: ${errnoText(-error.errno)}${hint ? `: ${hint}` : ''}`)
}

/**
 * Makes a call on a file or directory.
 * @param tolerated errnos after which the result is undefined
 * @throws ProgramError for any other: what failed, why, and what to do
 */
const attempt = <T>(call: string, path: string, tolerated: readonly string[], act: () => T): T | undefined => {
  try {
    return act()
  } catch (error) {
    if (!isSystemError(error)) throw error
    if (tolerated.includes(codeOf(error))) return undefined
    throw explained(call, path, error)
  }
}

/** The same for a call that changes something: --trace shows it, with what it returned. */
const change = (call: string, path: string, tolerated: readonly string[], act: () => void, returns = 0): void =>
  attempt(call, path, tolerated, () => {
    try {
      act()
    } catch (error) {
      if (isSystemError(error)) traceCall(call, error.errno)
      throw error
    }
    traceCall(call, returns)
  })

/**
 * Writes a value into a file. The kernel has made it or there is none: it is not created.
 * @param tolerated errnos that are no error here, as in all that follow
 * @throws ProgramError
 */
export const write = (path: string, value: string, ...tolerated: string[]): void => {
  const flag = constants.O_WRONLY as unknown as string // Node takes a number, its types do not
  const act = (): void => writeFileSync(path, value, { flag })
  change(showCall('write', [path, value]), path, tolerated, act, value.length)
}

/**
 * What a file says, without the newline at its end.
 * @returns undefined after a tolerated errno
 * @throws ProgramError
 */
export const read = (path: string, ...tolerated: string[]): string | undefined =>
  attempt(showCall('read', [path]), path, tolerated, () => readFileSync(path, 'utf8').trimEnd())

/**
 * Makes a group; the kernel puts the files in.
 * @throws ProgramError
 */
export const makeGroup = (path: string, ...tolerated: string[]): void =>
  change(showCall('mkdir', [path]), path, tolerated, () => mkdirSync(path))

/**
 * Removes a group that has no groups in it.
 * @returns whether it is gone: not after a tolerated errno
 * @throws ProgramError
 */
export const removeGroup = (path: string, ...tolerated: string[]): boolean => {
  change(showCall('rmdir', [path]), path, ['ENOENT', ...tolerated], () => rmdirSync(path))
  return !existsSync(path)
}

/** The groups in a group, by name; none where it is gone. */
export const groupsIn = (path: string): string[] =>
  (attempt(showCall('readdir', [path]), path, ['ENOENT'], () => readdirSync(path, { withFileTypes: true })) ?? [])
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name)
