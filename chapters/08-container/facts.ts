/** What the kernel says of a process, read where a container shows. Source: proc(5) */

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { hasErrno, ProgramError, TAKES_ROOT } from '#native/index.ts'
import { mounts } from '#native/mountinfo.ts'
import { findHierarchy, type Hierarchy } from '#parts/cgroup/hierarchy.ts'
import { CONTROLLERS, LIMITS, type Limits, limitsIn } from '#parts/cgroup/limits.ts'

export type Facts = {
  readonly command: string
  /** its pid in each pid namespace it is in, ours first and its own last. Source: proc_pid_status(5), NSpid */
  readonly pids: readonly number[]
  /** kind and inode: `uts:[4026531838]` */
  readonly namespaces: ReadonlyMap<string, string>
  /** filesystem and inode of its root directory */
  readonly root: string
  /** where that is in its mount namespace */
  readonly rootPath: string
  /** hierarchy and path, a line each */
  readonly cgroups: readonly string[]
  readonly limits: Limits
  readonly devices: readonly string[]
  readonly mounts: readonly string[]
  /** what it may do beyond a user: a mask, see capabilities(7) */
  readonly capabilities: string
}

// What goes with a user namespace or starts after boot alone says nothing of its own here.
const isOwnKind = (name: string): boolean => !name.endsWith('_for_children')

const namespaces = (of: string): Map<string, string> =>
  new Map(
    readdirSync(`${of}/ns`)
      .filter(isOwnKind)
      .map(name => [name, readlinkSync(`${of}/ns/${name}`)]),
  )

/** proc_pid_cgroup(5): hierarchy:controllers:path. v2 names no controllers. */
const pathIn = (hierarchy: Hierarchy, controller: string, cgroups: readonly string[]): string | undefined =>
  cgroups
    .map(line => line.split(':'))
    .find(([, names = '']) => (hierarchy.version === 2 ? names === '' : names.split(',').includes(controller)))
    ?.slice(2)
    .join(':')

const readIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const limits = (cgroups: readonly string[]): Limits =>
  Object.assign(
    {},
    ...LIMITS.map(limit => {
      const hierarchy = findHierarchy(CONTROLLERS[limit])
      const path = hierarchy && pathIn(hierarchy, CONTROLLERS[limit], cgroups)
      if (!hierarchy || path === undefined) return {}
      const found = limitsIn(hierarchy.version, file => readIfThere(`${hierarchy.mountPoint}${path}/${file}`))
      return found[limit] === undefined ? {} : { [limit]: found[limit] }
    }),
  )

const lines = (path: string): string[] => readFileSync(path, 'utf8').split('\n').filter(Boolean)

/**
 * The facts of one process.
 * @throws ProgramError when there is no such process, or it may not be looked at
 */
export const factsOf = (pid: number): Facts => {
  const of = `/proc/${pid}`
  try {
    const status = readFileSync(`${of}/status`, 'utf8')
    const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
    if (field('State').startsWith('Z'))
      throw new ProgramError(
        `process ${pid} has ended, its parent has only not asked how: nothing is left to look at`,
      )
    const { dev, ino } = statSync(`${of}/root/.`)
    const cgroups = lines(`${of}/cgroup`)
    return {
      command: readFileSync(`${of}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() || `[${field('Name')}]`,
      pids: field('NSpid').split('\t').map(Number),
      namespaces: namespaces(of),
      root: `${dev}:${ino}`,
      rootPath: readlinkSync(`${of}/root`),
      cgroups,
      limits: limits(cgroups),
      devices: lines(`${of}/net/dev`)
        .slice(2)
        .map(line => line.split(':')[0]!.trim()),
      mounts: mounts(readFileSync(`${of}/mountinfo`, 'utf8')).map(
        ({ mountPoint, type }) => `${mountPoint} (${type})`,
      ),
      capabilities: field('CapEff'),
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ESRCH'))
      throw new ProgramError(`there is no process ${pid}: "skdocker ps" and ps(1) show those there are`)
    if (hasErrno(error, 'EACCES', 'EPERM'))
      throw new ProgramError(`process ${pid} may not be looked at: ${(error as Error).message}: ${TAKES_ROOT}`)
    throw error
  }
}
