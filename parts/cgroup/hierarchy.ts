/**
 * Which cgroup hierarchy carries a controller. A controller is the part of the kernel that keeps one kind of limit: `cpu`,
 * `memory`, `pids`. A hierarchy is a tree of groups. v1 has many, v2 has one for all controllers, and a machine may have both.
 */

import { readFileSync, statSync } from 'node:fs'
import { ProgramError } from '#native/index.ts'
import { deviceNumbers, type Mount, mounts } from '#native/mountinfo.ts'

/** A tree of groups, mounted as a filesystem. */
export type Hierarchy = { readonly version: 1 | 2; readonly mountPoint: string }

/** A group: a directory in a hierarchy. */
export type Group = Hierarchy & { readonly path: string }

type CgroupMount = Hierarchy & Pick<Mount, 'device' | 'options' | 'superOptions'> & { readonly writable: boolean }

const cgroupMount = ({ type, mountPoint, device, options, superOptions }: Mount): CgroupMount[] => {
  if (type !== 'cgroup' && type !== 'cgroup2') return []
  const writable = ![...options, ...superOptions].includes('ro')
  return [{ version: type === 'cgroup' ? 1 : 2, mountPoint, device, writable, options, superOptions }]
}

// A mount that lies hidden under another one cannot be reached by its path.
const isVisible = ({ mountPoint, device }: CgroupMount): boolean => {
  const stat = statSync(mountPoint, { bigint: true, throwIfNoEntry: false })
  return stat !== undefined && deviceNumbers(stat.dev).join(':') === device
}

/** The controllers that a v2 group can hand down. Source: Documentation/admin-guide/cgroup-v2.rst, Core Interface Files */
const handedDown = (directory: string): string[] =>
  readFileSync(`${directory}/cgroup.controllers`, 'utf8').trim().split(' ')

const carries = ({ version, mountPoint, superOptions }: CgroupMount, controller: string): boolean =>
  (version === 1 ? superOptions : handedDown(mountPoint)).includes(controller)

/** The mounts by which a controller can be reached, v2 before v1. */
const mountsOf = (controller: string, mountinfo?: string): CgroupMount[] =>
  mounts(mountinfo)
    .flatMap(cgroupMount)
    .filter(mount => isVisible(mount) && carries(mount, controller))
    .sort((a, b) => b.version - a.version)

/** Does what hierarchyOf() does, but returns undefined where there is none. */
export const findHierarchy = (controller: string, mountinfo?: string): Hierarchy | undefined => {
  const mount = mountsOf(controller, mountinfo).find(({ writable }) => writable)
  return mount && { version: mount.version, mountPoint: mount.mountPoint }
}

/** The hierarchies that carry any of these controllers, each once. */
export const findHierarchies = (controllers: readonly string[]): Hierarchy[] => {
  const found = controllers.flatMap(controller => findHierarchy(controller) ?? [])
  return [...new Map(found.map(hierarchy => [hierarchy.mountPoint, hierarchy])).values()]
}

type Controller = { readonly name: string; readonly hierarchy: string; readonly enabled: boolean }

/** The controllers of this kernel. Source: cgroups(7), /proc/cgroups */
const controllers = (): Controller[] =>
  readFileSync('/proc/cgroups', 'utf8')
    .split('\n')
    .map(line => line.split('\t'))
    .flatMap(([name = '', hierarchy, , enabled]) =>
      hierarchy === undefined ? [] : [{ name, hierarchy, enabled: enabled === '1' }],
    )

// /proc/cgroups gives this number to the hierarchy of v2, and to a controller that no hierarchy of v1 carries.
const IN_V2 = '0'

/** What to do when no mount carries a controller. Controllers that v1 keeps in one hierarchy have to be mounted together. */
const cureForMissingMount = (controller: string): string => {
  const all = controllers()
  const found = all.find(({ name, enabled }) => name === controller && enabled)
  if (!found) return `boot with cgroup_enable=${controller}`
  if (found.hierarchy !== IN_V2) {
    const together = all.filter(({ hierarchy }) => hierarchy === found.hierarchy).map(({ name }) => name)
    return `"mount -t cgroup -o ${together.join(',')} none DIRECTORY" makes one`
  }
  if (
    mounts()
      .flatMap(cgroupMount)
      .some(mount => mount.version === 2 && isVisible(mount))
  )
    return 'the group that this runs in does not get it from above: run this on the host itself'
  return '"mount -t cgroup2 none DIRECTORY" makes one'
}

// Often only the mount is read-only. Then the filesystem must stay as it is, because others share it.
const cureForReadOnly = ({ mountPoint, superOptions }: CgroupMount): string =>
  `"mount -o remount,${superOptions.includes('ro') ? '' : 'bind,'}rw ${mountPoint}"`

/**
 * The hierarchy that carries a controller. On a machine that has v1 and v2 either may carry it, and the path does not tell
 * which, so the mounts are asked.
 * @param controller as /proc/cgroups names it: `cpu`, `memory`, `pids`
 * @param mountinfo the mounts to look among; by default those that this process sees
 * @throws ProgramError when there is none, or none that may be written to
 * Source: cgroups(7)
 */
export const hierarchyOf = (controller: string, mountinfo?: string): Hierarchy => {
  const found = findHierarchy(controller, mountinfo)
  if (found) return found
  const [readOnly] = mountsOf(controller, mountinfo)
  if (readOnly)
    throw new ProgramError(
      `the controller ${controller} is mounted read-only at ${readOnly.mountPoint}, as it is inside a container: run this on the host itself, or ${cureForReadOnly(readOnly)}`,
    )
  throw new ProgramError(
    `no cgroup hierarchy here carries the controller ${controller}: ${cureForMissingMount(controller)}`,
  )
}
