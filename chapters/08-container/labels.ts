/** Reads the labels of a process that make it a container: what the kernel says of it in /proc. Source: proc(5) */

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { hasErrno, ProgramError, TAKES_ROOT } from '#native/index.ts'
import { mounts } from '#native/mountinfo.ts'
import { findHierarchy, type Hierarchy } from '#parts/cgroup/hierarchy.ts'
import { CONTROLLERS, LIMITS, type Limits, limitsIn } from '#parts/cgroup/limits.ts'

/** What the kernel says of a process. */
export type Labels = {
  readonly command: string
  /** its pid in each pid namespace that it is in, ours first and its own last. Source: proc_pid_status(5), NSpid */
  readonly pids: readonly number[]
  /** for each kind the name of the namespace: `uts:[4026531838]`. Source: namespaces(7) */
  readonly namespaces: ReadonlyMap<string, string>
  /** the device and the inode of its root directory */
  readonly root: string
  /** the path of that directory in its mount namespace */
  readonly rootPath: string
  /** the lines of /proc/PID/cgroup: hierarchy, controllers and path */
  readonly cgroups: readonly string[]
  /** the limits of these cgroups */
  readonly limits: Limits
  /** the network devices that it sees */
  readonly devices: readonly string[]
  /** the mounts that it sees, as `/proc (proc)` */
  readonly mounts: readonly string[]
  /** the mask of the privileges that it has beyond a user's. Source: capabilities(7) */
  readonly capabilities: string
}

// These two links name the namespaces of its children, not its own.
const isOfChildren = (kind: string): boolean => kind.endsWith('_for_children')

const readNamespaces = (pid: number): Map<string, string> => {
  const directory = `/proc/${pid}/ns`
  const kinds = readdirSync(directory).filter(kind => !isOfChildren(kind))
  return new Map(kinds.map(kind => [kind, readlinkSync(`${directory}/${kind}`)]))
}

/**
 * The path of a process's cgroup in a hierarchy.
 * @param cgroups lines of the form hierarchy:controllers:path; for v2 there are no controllers. Source: cgroups(7)
 */
const cgroupPath = (hierarchy: Hierarchy, controller: string, cgroups: readonly string[]): string | undefined =>
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

const readLimits = (cgroups: readonly string[]): Limits =>
  Object.assign(
    {},
    ...LIMITS.map(limit => {
      const hierarchy = findHierarchy(CONTROLLERS[limit])
      const path = hierarchy && cgroupPath(hierarchy, CONTROLLERS[limit], cgroups)
      if (!hierarchy || path === undefined) return {}
      const found = limitsIn(hierarchy.version, file => readIfThere(`${hierarchy.mountPoint}${path}/${file}`))
      return found[limit] === undefined ? {} : { [limit]: found[limit] }
    }),
  )

const readLines = (path: string): string[] => readFileSync(path, 'utf8').split('\n').filter(Boolean)

// The first two lines of /proc/PID/net/dev are headings.
const readDevices = (path: string): string[] =>
  readLines(path)
    .slice(2)
    .map(line => line.trim().replace(/:.*/, ''))

const readProcess = (pid: number): Labels => {
  const directory = `/proc/${pid}`
  const status = readFileSync(`${directory}/status`, 'utf8')
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
  if (field('State').startsWith('Z'))
    throw new ProgramError(
      `process ${pid} has ended, its parent has only not asked how: nothing is left to look at`,
    )
  const { dev, ino } = statSync(`${directory}/root/.`)
  const cgroups = readLines(`${directory}/cgroup`)
  const commandLine = readFileSync(`${directory}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  return {
    command: commandLine || `[${field('Name')}]`, // a thread of the kernel has no command line
    pids: field('NSpid').split('\t').map(Number),
    namespaces: readNamespaces(pid),
    root: `${dev}:${ino}`,
    rootPath: readlinkSync(`${directory}/root`),
    cgroups,
    limits: readLimits(cgroups),
    devices: readDevices(`${directory}/net/dev`),
    mounts: mounts(readFileSync(`${directory}/mountinfo`, 'utf8')).map(
      ({ mountPoint, type }) => `${mountPoint} (${type})`,
    ),
    capabilities: field('CapEff'),
  }
}

/**
 * Reads the labels of a process.
 * @throws ProgramError when there is no such process, or it may not be looked at
 */
export const readLabels = (pid: number): Labels => {
  try {
    return readProcess(pid)
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ESRCH'))
      throw new ProgramError(`there is no process ${pid}: "skdocker ps" and ps(1) show those there are`)
    if (hasErrno(error, 'EACCES', 'EPERM'))
      throw new ProgramError(`process ${pid} may not be looked at: ${(error as Error).message}: ${TAKES_ROOT}`)
    throw error
  }
}
