/** Which cgroup hierarchy carries a controller: the one of v2, or one of the many of v1. A machine may have both. */

import { readFileSync, statSync } from 'node:fs'
import { ProgramError } from '../../native/index.ts'

/** A tree of groups, mounted as a filesystem. */
export type Hierarchy = { readonly version: 1 | 2; readonly mountPoint: string }

type Mount = Hierarchy & {
  readonly device: string
  readonly writable: boolean
  readonly superOptions: readonly string[]
}

// A space in a path is written \040, and a few others likewise.
const unescaped = (path: string): string =>
  path.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))

/** Source: proc_pid_mountinfo(5) */
const parseMount = (line: string): Mount[] => {
  const [front = '', back = ''] = line.split(' - ')
  const [, , device = '', , mountPoint = '', options = ''] = front.split(' ')
  const [type, , superOptions = ''] = back.split(' ')
  if (type !== 'cgroup' && type !== 'cgroup2') return []
  return [
    {
      version: type === 'cgroup' ? 1 : 2,
      mountPoint: unescaped(mountPoint),
      device,
      writable: ![options, superOptions].some(words => words.split(',').includes('ro')),
      superOptions: superOptions.split(','),
    },
  ]
}

/** The numbers of a filesystem, major and minor, of what stat(2) says. Source: makedev(3) */
export const deviceNumbers = (dev: bigint): readonly [major: bigint, minor: bigint] => [
  (dev >> 8n) & 0xfffn,
  (dev & 0xffn) | ((dev >> 12n) & 0xfff00n),
]

// What lies hidden under another mount cannot be reached by its path.
const isVisible = ({ mountPoint, device }: Mount): boolean => {
  const stat = statSync(mountPoint, { bigint: true, throwIfNoEntry: false })
  return stat !== undefined && deviceNumbers(stat.dev).join(':') === device
}

/** The controllers that a v2 group can hand down. Source: Documentation/admin-guide/cgroup-v2.rst, Core Interface Files */
const handedDown = (directory: string): string[] =>
  readFileSync(`${directory}/cgroup.controllers`, 'utf8').trim().split(' ')

const carries = ({ version, mountPoint, superOptions }: Mount, controller: string): boolean =>
  (version === 1 ? superOptions : handedDown(mountPoint)).includes(controller)

const ownMountinfo = (): string => readFileSync('/proc/self/mountinfo', 'utf8')

/** The mounts by which a controller can be reached, v2 before v1. */
const mountsOf = (controller: string, mountinfo: string): Mount[] =>
  mountinfo
    .split('\n')
    .flatMap(parseMount)
    .filter(mount => isVisible(mount) && carries(mount, controller))
    .sort((a, b) => b.version - a.version)

/** The same as hierarchyOf(), but undefined where there is none. */
export const findHierarchy = (controller: string, mountinfo: string = ownMountinfo()): Hierarchy | undefined => {
  const mount = mountsOf(controller, mountinfo).find(({ writable }) => writable)
  return mount && { version: mount.version, mountPoint: mount.mountPoint }
}

/**
 * The hierarchy that carries a controller. Of a machine that has v1 and v2 either may: they are asked, the path tells nothing.
 * @param controller as /proc/cgroups names it: `cpu`, `memory`, `pids`
 * @param mountinfo the mounts to look among; those this process sees unless told
 * @throws ProgramError when there is none, or none that may be written to
 * Source: cgroups(7)
 */
export const hierarchyOf = (controller: string, mountinfo: string = ownMountinfo()): Hierarchy => {
  const found = findHierarchy(controller, mountinfo)
  if (found) return found
  const [readOnly] = mountsOf(controller, mountinfo)
  if (readOnly)
    throw new ProgramError(
      `the controller ${controller} is mounted read-only at ${readOnly.mountPoint}, as it is inside a container: run this on the host itself, or "mount -o remount,rw ${readOnly.mountPoint}"`,
    )
  throw new ProgramError(
    `no cgroup hierarchy here carries the controller ${controller}: if /proc/cgroups has it, "mount -t cgroup -o ${controller} none DIRECTORY" makes one, else boot with cgroup_enable=${controller}`,
  )
}
